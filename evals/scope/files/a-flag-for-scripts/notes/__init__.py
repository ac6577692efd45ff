"""Notes on the command line."""

__version__ = "1.4.0"
