"""What a month came to."""

from bank.statement import parse_line


def balance(lines):
    """The sum of all amounts, in cents."""
    return sum(parse_line(line)[2] for line in lines)
