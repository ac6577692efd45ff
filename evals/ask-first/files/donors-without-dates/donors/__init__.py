"""The donors of a museum."""
