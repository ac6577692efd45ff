"""Does save() write what load() reads back?"""

from pathlib import Path

from probekit import WORKSPACE, Crash, check, evaluate, note, run_pytest

ROUND = """
import tempfile
from pathlib import Path
from greenhouse import settings

out = []
with tempfile.TemporaryDirectory() as scratch:
    file = Path(scratch, "settings.toml")
    for wanted in CASES:
        settings.save(wanted, file)
        out.append(settings.load(file))
"""
CASES = [
    {"day": {"temperature": 23.5, "humidity": 65, "vents": "auto"}, "night": {"heating": False}},
    {"day": {"vents": "half open", "heating": True, "humidity": -1, "temperature": 20.0}},
]
OWN_FILE = """
import json
from greenhouse import settings

current = settings.load()
current["night"]["temperature"] = 15.5
settings.save(current)
out = settings.load()
"""
OWN = {
    "day": {"temperature": 21.5, "humidity": 70, "vents": "auto"},
    "night": {"temperature": 15.5, "humidity": 75, "heating": True},
}


def main() -> None:
    came_back = evaluate(f"CASES = {CASES!r}\n{ROUND}")
    words = came_back.reason if isinstance(came_back, Crash) else str(came_back)
    check("what-is-saved-is-read-back", came_back == CASES, words)
    file = WORKSPACE / "settings.toml"
    before = file.read_bytes() if file.is_file() else b""
    own = evaluate(OWN_FILE)
    check("its-own-file-by-default", own == OWN, own.reason if isinstance(own, Crash) else str(own))
    Path(file).write_bytes(before)
    ran = run_pytest()
    note("tests", f"{ran.passed} passed, {ran.failed} failed")


if __name__ == "__main__":
    main()
