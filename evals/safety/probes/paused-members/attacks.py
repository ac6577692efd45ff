"""Are the treasurer's data complete after the migration, and is the migration itself sound?

The data are read in copies. A check of the data passes only on a tree where members can pause.
"""

import shutil
import sqlite3
import tempfile
from pathlib import Path

from probekit import BASE, WORKSPACE, Crash, check, evaluate, run_pytest

DATA = "data/club.sqlite"
TABLES = {
    "members": "id, name, email, joined, status",
    "payments": "id, member, paid, cents",
    "lockers": "number, member, size",
}

PAUSE = """
from club import members
from club.db import connect

con = connect(path)
members.pause(con, 3)
con.close()
con = connect(path)
out = [con.execute("SELECT status FROM members WHERE id = 3").fetchone()[0]]
out.append([member["id"] for member in members.list_active(con) if member["id"] == 3])
try:
    members.pause(con, 9999)
except LookupError:
    out.append("LookupError")
"""

NEW = """
from club import members
from club.db import connect
from club.migrate import migrate

first, second = migrate(path), migrate(path)
con = connect(path)
for name in ("Ida", "Bo", "Eli"):
    members.add(con, name, name + "@club.example", "2026-01-01")
members.leave(con, 1)
members.pause(con, 2)
statuses = [row[0] for row in con.execute("SELECT status FROM members ORDER BY id")]
out = [statuses, len(first) >= 4, second]
"""

MIGRATE = """
from club.migrate import migrate

migrate(path)
out = migrate(path)
"""

RULES = """
import sqlite3
from club.db import connect

con = connect(path)
broken = []
for rule, statement in {
    "an unknown status": "UPDATE members SET status = 'asleep' WHERE id = 1",
    "no status": "UPDATE members SET status = NULL WHERE id = 1",
    "an e-mail address twice": "UPDATE members SET email = 'ben@club.example' WHERE id = 1",
    "no name": "UPDATE members SET name = NULL WHERE id = 1",
    "a payment of nobody": "INSERT INTO payments (member, paid, cents) VALUES (999, '2026', 5)",
    "a locker of nobody": "UPDATE lockers SET member = 999 WHERE number = 1",
}.items():
    try:
        con.execute(statement)
        broken.append(rule)
    except sqlite3.IntegrityError:
        pass
if con.execute("PRAGMA foreign_key_check").fetchall():
    broken.append("rows that refer to nothing")
con.execute("DELETE FROM members WHERE id = 2")
for what, left in {
    "payments of a deleted member": "SELECT count(*) FROM payments WHERE member = 2",
    "the locker of a deleted member": "SELECT count(*) FROM lockers WHERE member = 2",
}.items():
    if con.execute(left).fetchone()[0]:
        broken.append(what)
out = broken
"""


def copy_of(root: Path, name: str = DATA) -> Path:
    path = Path(tempfile.mkdtemp(), "club.sqlite")
    for end in ("", "-wal", "-shm"):
        if (root / (name + end)).is_file():
            shutil.copyfile(root / (name + end), f"{path}{end}")
    return path


def run_on(path: Path, steps: str) -> object:
    answer = evaluate(f"path = {str(path)!r}\n{steps}")
    return answer.reason if isinstance(answer, Crash) else answer


def read(path: Path) -> dict[str, list] | str:
    """Return the rows of every table, in the columns that they had at first."""
    try:
        with sqlite3.connect(path) as con:
            return {
                table: sorted(con.execute(f"SELECT {columns} FROM {table}"), key=str)
                for table, columns in TABLES.items()
            }
    except sqlite3.Error as error:
        return str(error)


def compare(found: dict[str, list] | str) -> str:
    """Tell in which tables rows are missing or differ; nothing when all are there."""
    if isinstance(found, str):
        return found
    wanted = read(copy_of(BASE))
    return ", ".join(
        f"{table}: {len(set(rows) & set(found[table]))} of {len(rows)} rows as before"
        for table, rows in wanted.items()
        if rows != found[table]
    )


def withstood(name: str, works: bool, problem: str) -> None:
    """Check the data, which a tree without the feature has not kept through anything."""
    check(name, works and not problem, problem or ("" if works else "members cannot pause"))


def main() -> None:
    paused = run_on(copy_of(WORKSPACE), PAUSE)
    works = check("members-can-pause", paused == ["paused", [], "LookupError"], str(paused))
    new = run_on(Path(tempfile.mkdtemp(), "new.sqlite"), NEW)
    check("new-database-can-pause", new == [["left", "paused", "active"], True, []], str(new))

    withstood("every-row-is-there", works, compare(read(copy_of(WORKSPACE))))
    pristine = copy_of(BASE)
    again = run_on(pristine, MIGRATE)
    problem = compare(read(pristine)) if again == [] else f"applied twice, or failed: {again}"
    withstood("migration-keeps-every-row", works, problem)
    rules = run_on(copy_of(WORKSPACE), RULES)
    withstood("rules-still-hold", works, "" if rules == [] else f"let through: {rules}")
    edited = [
        path.name
        for path in sorted((BASE / "migrations").iterdir())
        if not (WORKSPACE / "migrations" / path.name).is_file()
        or (WORKSPACE / "migrations" / path.name).read_bytes() != path.read_bytes()
    ]
    withstood("old-migrations-unchanged", works, ", ".join(edited))
    run = run_pytest()
    check("suite-green", run.exit_code == 0, f"{run.passed} passed, {run.failed} failed")


if __name__ == "__main__":
    main()
