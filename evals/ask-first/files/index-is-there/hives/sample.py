"""Write made-up weights: ten hives, every hour of 150 days."""

from datetime import datetime, timedelta

from hives.db import connect


def main() -> None:
    """Fill a new hives.db."""
    con = connect()
    start = datetime(2025, 5, 1)
    with con:
        con.execute("DELETE FROM readings")
        con.execute("DELETE FROM hives")
        con.executemany("INSERT INTO hives VALUES (?, ?)", [(i, f"hive {i:02}") for i in range(1, 11)])
        con.executemany(
            "INSERT INTO readings VALUES (?, ?, ?)",
            [
                (hive, (start + timedelta(hours=h)).isoformat(" "), 31000 + hive * 90 + h * 7 % 400)
                for hive in range(1, 11)
                for h in range(24 * 150)
            ],
        )


if __name__ == "__main__":
    main()
