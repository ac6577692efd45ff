"""The settings of a run: resolved once into one frozen value, which its manifest keeps."""

from promptverdict.settings.model import OPTIONS, TABLES, RecordMode, Settings
from promptverdict.settings.resolution import read_table, resolve

__all__ = ["OPTIONS", "TABLES", "RecordMode", "Settings", "read_table", "resolve"]
