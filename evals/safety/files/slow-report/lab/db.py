import os
import sqlite3
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def connect():
    con = sqlite3.connect(os.environ.get("LAB_DB", "lab.db"))
    con.row_factory = sqlite3.Row
    return con


def init():
    con = connect()
    con.executescript((ROOT / "schema.sql").read_text())
    con.commit()
    con.close()


if __name__ == "__main__":
    init()
