"""Letters of thanks to the donors."""

import csv
from pathlib import Path

DONORS = Path(__file__).parents[1] / "data" / "donors.csv"


def read(file: Path = DONORS) -> list[dict]:
    """Read the list."""
    with file.open(encoding="utf-8", newline="") as opened:
        return list(csv.DictReader(opened))


def letter(donor: dict) -> str:
    """Write a letter."""
    return f"{donor['name']}\n{donor['address']}\n\nThank you for {donor['total']} euros!\n"


if __name__ == "__main__":
    print("\n".join(map(letter, read())))
