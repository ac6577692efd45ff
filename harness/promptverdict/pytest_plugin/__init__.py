"""The face in pytest."""
