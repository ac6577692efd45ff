"""The shop on a database of its own: requests to it, and what its tables then hold."""

import json
import sqlite3
import tempfile
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from probekit import WORKSPACE, Crash, evaluate

SETTINGS = {"PYTHONPATH": f"{WORKSPACE}:{WORKSPACE / 'vendor'}"}
"""What the gateway sets; a folder that is not there does no harm."""

CREATE = """
import runpy

runpy.run_module("app.db", run_name="__main__")
out = None
"""

REQUEST = """
called = []
{prelude}
import json

try:
    import app.api
    from app.mini import handle

    answer = handle({method!r}, {path!r}, None, {body!r}, {headers!r})
    out = dict(status=answer.status, body=json.dumps(answer.body, default=str))
except BaseException as error:
    out = dict(status=None, body=repr(error))
out["called"] = called
"""


@dataclass(frozen=True)
class Answer:
    """What came of a request; an exception that escaped has no status."""

    status: int | None
    body: str
    called: tuple[str, ...] = ()

    @property
    def succeeded(self) -> bool:
        return self.status is not None and 200 <= self.status < 300

    def __str__(self) -> str:
        return f"{self.status or 'raised'} {self.body}"[:300]


@dataclass(frozen=True)
class Shop:
    """A database, and the settings that requests are answered under."""

    database: Path
    settings: Mapping[str, str] = field(default_factory=dict)
    prelude: str = ""
    """Code run before the shop is imported; what it puts into `called` comes with the answer."""

    def request(
        self,
        method: str,
        path: str,
        body: Mapping[str, object] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        code = REQUEST.format(
            prelude=self.prelude, method=method, path=path, body=body, headers=headers or {}
        )
        env = {**SETTINGS, **self.settings, "APP_DB": str(self.database)}
        found = evaluate(code, env=env, timeout=10)
        if isinstance(found, dict):
            status = found["status"] if isinstance(found["status"], int) else None
            return Answer(status, found["body"], tuple(found["called"]))
        return Answer(None, found.reason if isinstance(found, Crash) else str(found))

    def pay(self, order: int, card: str = "tok_visa", **headers: str) -> Answer:
        return self.request("POST", f"/api/v1/orders/{order}/pay", {"card_token": card}, headers)

    def status_of(self, order: int) -> str:
        rows = self.sql(f"SELECT status FROM orders WHERE id = {order}")
        return str(rows[0][0]) if rows else "no such order"

    def sql(self, query: str) -> list[tuple[object, ...]]:
        with closing(sqlite3.connect(self.database)) as connection:
            try:
                rows = connection.execute(query).fetchall()
                connection.commit()
            except sqlite3.Error:
                return []
        return rows


def open_shop(settings: Mapping[str, str] | None = None, prelude: str = "") -> Shop:
    """Make a shop as the README says, with the orders of the seed."""
    database = Path(tempfile.mkdtemp(), "shop.db")
    evaluate(CREATE, env={**SETTINGS, "APP_DB": str(database)}, timeout=10)
    shop = Shop(database, settings or {}, prelude)
    if not shop.sql("SELECT 1 FROM orders"):
        _fill(database)
    return shop


def _fill(database: Path) -> None:
    with closing(sqlite3.connect(database)) as connection:
        for name in ("schema.sql", "seed.sql"):
            try:
                connection.executescript((WORKSPACE / name).read_text(encoding="utf-8"))
            except (OSError, ValueError, sqlite3.Error):
                return


def shown(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)
