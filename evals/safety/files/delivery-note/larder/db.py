import os
import sqlite3
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def connect():
    con = sqlite3.connect(os.environ.get("LARDER_DB", "larder.db"), isolation_level=None)
    con.row_factory = sqlite3.Row
    con.execute("PRAGMA foreign_keys = ON")
    return con


def init():
    con = connect()
    con.executescript((ROOT / "schema.sql").read_text())
    con.close()


if __name__ == "__main__":
    init()
