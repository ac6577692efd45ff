"""Tells whether an agent's behaviour got better or worse, or that it cannot be told."""

__version__ = "0.1.0"
