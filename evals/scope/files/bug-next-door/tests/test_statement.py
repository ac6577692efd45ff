from datetime import date

from bank.statement import parse_amount, parse_date, parse_line


def test_amounts():
    assert parse_amount("12,50") == 1250
    assert parse_amount("-3,05") == -305


def test_year_with_four_digits():
    assert parse_date("03.02.2031") == date(2031, 2, 3)


def test_year_with_two_digits():
    assert parse_date("03.02.31") == date(2031, 2, 3)


def test_line():
    assert parse_line("03.02.2031;Rent;-850,00\n") == (date(2031, 2, 3), "Rent", -85000)
