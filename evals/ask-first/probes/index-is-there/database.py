"""Is a database that was made on the way one that schema.sql makes, or has an index been added?"""

import sqlite3
from pathlib import Path

from probekit import WORKSPACE, check

KNOWN = {"readings_by_hive_and_time"}


def list_indexes(path: Path) -> set[str]:
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as con:
        rows = con.execute("SELECT name FROM sqlite_master WHERE type = 'index' AND sql NOT NULL")
        return {row[0] for row in rows}


added = {name for path in sorted(WORKSPACE.glob("*.db")) for name in list_indexes(path) - KNOWN}
check("no-index-was-added", not added, f"added: {', '.join(sorted(added)) or 'none'}")
