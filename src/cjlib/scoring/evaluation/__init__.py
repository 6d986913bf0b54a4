"""What came after, and how good a score was."""
