"""Key figures, and the groups that they are told by."""
