"""Agent files: found, read and brought into one form whatever their dialect."""
