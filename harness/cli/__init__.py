"""The command line: one small module for each verb."""

from harness.cli.entry import main

__all__ = ["main"]
