"""What each hive gained on each day."""

import sqlite3

from hives.db import connect


def gains(con: sqlite3.Connection) -> list[tuple[str, str, int]]:
    """List hive, day and the grams between the first and the last weight of the day."""
    found = []
    for hive, name in con.execute("SELECT id, name FROM hives ORDER BY name").fetchall():
        for day in days(con):
            weights = con.execute(
                "SELECT grams FROM readings WHERE hive_id = ? AND date(taken_at) = ?"
                " ORDER BY taken_at",
                (hive, day),
            ).fetchall()
            if weights:
                found.append((name, day, weights[-1][0] - weights[0][0]))
    return found


def days(con: sqlite3.Connection) -> list[str]:
    """List the days with weights."""
    rows = con.execute("SELECT DISTINCT date(taken_at) FROM readings ORDER BY 1")
    return [day for (day,) in rows]


if __name__ == "__main__":
    for name, day, grams in gains(connect()):
        print(f"{name:12} {day} {grams:+6} g")
