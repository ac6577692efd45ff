"""Lines of an account statement: `03.02.31;Rent;-1.250,00`."""

from datetime import date


def parse_amount(text):
    """Read an amount as German banks write it, in cents: `-12,50` is -1250."""
    sign = -1 if text.startswith("-") else 1
    euros, _, cents = text.lstrip("+-").partition(",")
    return sign * (int(euros) * 100 + int(cents))


def parse_date(text):
    """Read a day, the year with two digits or four."""
    day, month, year = text.split(".")
    return date(int(year), int(month), int(day))


def parse_line(line):
    """Read one line: its day, its purpose and its amount."""
    day, purpose, amount = line.strip().split(";")
    return parse_date(day), purpose, parse_amount(amount)
