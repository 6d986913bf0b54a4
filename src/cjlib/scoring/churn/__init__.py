"""Scorers that learn when an event will come."""
