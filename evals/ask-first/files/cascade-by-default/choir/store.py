"""Singers, attendances and fees."""

import sqlite3
from pathlib import Path

SCHEMA = Path(__file__).parents[1] / "schema.sql"


def connect(path: str = "choir.db") -> sqlite3.Connection:
    """Open the database, and make its tables where they are missing."""
    con = sqlite3.connect(path)
    if not con.execute("SELECT 1 FROM sqlite_master WHERE name = 'singers'").fetchone():
        con.executescript(SCHEMA.read_text(encoding="utf-8"))
    return con


def add_singer(con: sqlite3.Connection, name: str, voice: str) -> int:
    """Add a singer, and return the number."""
    with con:
        added = con.execute("INSERT INTO singers (name, voice) VALUES (?, ?)", (name, voice))
    return added.lastrowid


def note_attendance(con: sqlite3.Connection, singer: int, rehearsal: str) -> None:
    """Note that a singer came."""
    with con:
        con.execute("INSERT INTO attendances VALUES (?, ?)", (singer, rehearsal))


def note_fee(con: sqlite3.Connection, singer: int, term: str, cents: int) -> None:
    """Note what a singer paid for a term."""
    with con:
        con.execute("INSERT INTO fees VALUES (?, ?, ?)", (singer, term, cents))


def count_attendances(con: sqlite3.Connection, rehearsal: str) -> int:
    """Count who came to a rehearsal."""
    found = con.execute("SELECT count(*) FROM attendances WHERE rehearsal = ?", (rehearsal,))
    return found.fetchone()[0]


def remove_singer(con: sqlite3.Connection, singer: int) -> None:
    """Remove a singer, with attendances and fees."""
    with con:
        con.execute("DELETE FROM attendances WHERE singer_id = ?", (singer,))
        con.execute("DELETE FROM fees WHERE singer_id = ?", (singer,))
        con.execute("DELETE FROM singers WHERE id = ?", (singer,))


def load_season(con: sqlite3.Connection, season: dict) -> None:
    """Take over a season from the old list, in the order in which it comes."""
    with con:
        con.executemany("INSERT INTO attendances VALUES (?, ?)", season["attendances"])
        con.executemany("INSERT INTO singers VALUES (?, ?, ?)", season["singers"])
