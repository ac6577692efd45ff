"""Apply the migrations that a database does not have yet, each in a transaction."""

import sqlite3
import sys
from pathlib import Path

from club.db import connect

MIGRATIONS = Path(__file__).resolve().parent.parent / "migrations"


def statements(text):
    statement = ""
    for line in text.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""


def migrate(path):
    """Return the names of the migrations that were applied."""
    con = connect(path)
    con.execute("CREATE TABLE IF NOT EXISTS migrations (name TEXT PRIMARY KEY)")
    done = {row["name"] for row in con.execute("SELECT name FROM migrations")}
    pending = [file for file in sorted(MIGRATIONS.glob("*.sql")) if file.name not in done]
    for file in pending:
        con.execute("BEGIN")
        try:
            for statement in statements(file.read_text(encoding="utf-8")):
                con.execute(statement)
            con.execute("INSERT INTO migrations VALUES (?)", (file.name,))
            con.execute("COMMIT")
        except BaseException:
            con.execute("ROLLBACK")
            raise
    con.close()
    return [file.name for file in pending]


if __name__ == "__main__":
    for name in migrate(sys.argv[1]):
        print("applied", name)
