"""The direct debit file, as docs/bank-format.md describes it."""

import csv
from pathlib import Path

BOOKINGS = Path(__file__).parents[1] / "data" / "bookings.csv"


def purpose(booking: dict) -> str:
    """Write what the payer's statement says."""
    return f"{booking['member']} {booking['course']}, {booking['term']}"


def line(booking: dict) -> str:
    """Write one debit."""
    fields = [
        booking["account"].ljust(22),
        booking["payer"].ljust(24),
        booking["cents"].zfill(11),
        purpose(booking)[:27].ljust(27),
        " " * 27,
        " " * 17,
    ]
    return "".join(fields)


def main() -> None:
    """Print the file."""
    with BOOKINGS.open(encoding="utf-8", newline="") as opened:
        for booking in csv.DictReader(opened):
            print(line(booking))


if __name__ == "__main__":
    main()
