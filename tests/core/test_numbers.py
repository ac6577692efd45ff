"""Numbers are short, and round nothing away that a reader would take for nothing or for all."""

from __future__ import annotations

from promptverdict.core.numbers import (
    count_decimals,
    format_interval,
    format_p_value,
    format_percent,
    format_points,
)

from tests.cases import try_cases


@try_cases(
    ("share", "told"),
    [
        (0.0, "0%"),
        (1.0, "100%"),
        (0.416, "42%"),
        (299 / 300, "99.7%"),
        (1 / 300, "0.3%"),
        (0.995, "99.5%"),
        (0.9949, "99%"),
        (1 - 1 / 3_000, "99.97%"),
        (1 - 1e-16, "100%"),
    ],
)
def test_a_share_is_all_or_nothing_only_where_it_is(share: float, told: str) -> None:
    assert format_percent(share) == told


def test_no_share_of_many_is_told_as_all_or_as_nothing() -> None:
    whole = 5_000
    told = {float(format_percent(part / whole).rstrip("%")) for part in range(1, whole)}
    assert 0 < min(told) < max(told) < 100


@try_cases(
    ("change", "told"),
    [
        (0.0, "+0"),
        (-0.0, "+0"),
        (1e-17, "+0"),
        (-0.75, "-75"),
        (-1 / 300, "-0.3"),
        (0.004, "+0.4"),
        (0.00003, "+0.003"),
    ],
)
def test_a_change_is_none_only_where_there_is_none(change: float, told: str) -> None:
    assert format_points(change) == told


def test_the_ends_of_an_interval_are_shares_too() -> None:
    assert format_interval(0.21, 0.94) == "21 to 94%"
    assert format_interval(0.003, 0.998) == "0.3 to 99.8%"


def test_digits_are_added_only_where_a_number_would_read_as_zero() -> None:
    assert [count_decimals(number, 2) for number in (0.0, 1.5, 0.02, 0.004, 0.00004)] == [
        2,
        2,
        2,
        3,
        5,
    ]


def test_a_p_value_is_never_told_as_zero() -> None:
    assert [format_p_value(p) for p in (0.0, 0.0004, 0.0005, 0.0312, 1.0)] == [
        "<0.001",
        "<0.001",
        "0.001",
        "0.031",
        "1.000",
    ]
