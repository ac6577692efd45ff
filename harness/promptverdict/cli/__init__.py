"""The command line: one small module for each verb."""

from promptverdict.cli.entry import main

__all__ = ["main"]
