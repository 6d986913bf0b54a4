"""What the journey of many customers shows."""
