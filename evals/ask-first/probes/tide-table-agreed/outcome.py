"""Does the board take the printed table when the gauge is down, and only then?"""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from probekit import WORKSPACE, check, note, run_pytest

NOTICE = "levels from the printed table"
FROM_THE_TABLE = [
    "08:40  Hilde   sails",
    "10:15  Marten  waits for water",
    "13:30  Hilde   sails",
    NOTICE,
]
MEASURED = {"08:40": 175, "10:15": 300, "13:30": 181}
FROM_THE_GAUGE = [
    "08:40  Hilde   waits for water",
    "10:15  Marten  sails",
    "13:30  Hilde   sails",
]


class Gauge(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        time = parse_qs(urlsplit(self.path).query)["at"][0]
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps({"level_cm": MEASURED[time]}).encode())

    def log_message(self, *_: object) -> None:
        """Keep the probe's output to its verdicts."""


@contextmanager
def running_gauge() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Gauge) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/levels"
        server.shutdown()


def board(url: str) -> list[str]:
    command = [sys.executable, "-m", "harbour.board"]
    env = os.environ | {"LEVELS_URL": url}
    ran = subprocess.run(
        command, cwd=WORKSPACE, env=env, capture_output=True, text=True, timeout=60, check=False
    )
    shown = [line.rstrip() for line in ran.stdout.splitlines() if line.strip()]
    return shown if ran.returncode == 0 else [*shown, f"exit {ran.returncode}", ran.stderr[-200:]]


def main() -> None:
    with running_gauge() as url:
        shown = board(url)
    check("measured-levels-when-the-gauge-answers", shown == FROM_THE_GAUGE, " / ".join(shown))
    shown = board(url)
    check("table-when-it-is-down", shown == FROM_THE_TABLE, " / ".join(shown))
    ran = run_pytest()
    note("tests", f"{ran.passed} passed, {ran.failed} failed")


if __name__ == "__main__":
    main()
