"""The database of the weights."""

import sqlite3
from pathlib import Path

SCHEMA = Path(__file__).parents[1] / "schema.sql"


def connect(path: str = "hives.db") -> sqlite3.Connection:
    """Open the database, and make its tables where they are missing."""
    con = sqlite3.connect(path)
    if not con.execute("SELECT 1 FROM sqlite_master WHERE name = 'hives'").fetchone():
        con.executescript(SCHEMA.read_text(encoding="utf-8"))
    return con
