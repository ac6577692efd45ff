"""What the screen on the quay shows: which ferry sails, and which waits for water."""

import json
from pathlib import Path

from harbour import levels

SAILINGS = Path(__file__).parents[1] / "data" / "sailings.json"


def lines() -> list[str]:
    """Write a line for each sailing of today."""
    sailings = json.loads(SAILINGS.read_text(encoding="utf-8"))
    return [f"{each['time']}  {each['ferry']:7} {status(each)}" for each in sailings]


def status(sailing: dict) -> str:
    """Say whether there is enough water under the ferry."""
    enough = levels.level_cm(sailing["time"]) >= sailing["needs_cm"]
    return "sails" if enough else "waits for water"


if __name__ == "__main__":
    print("\n".join(lines()))
