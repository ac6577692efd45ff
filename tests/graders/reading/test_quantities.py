"""Numbers as people and programs write them, and their units."""

from __future__ import annotations

import pytest
from promptverdict.graders.reading.quantities import find_quantities, read_number

from tests.cases import try_cases


@try_cases(
    ("word", "values", "printed"),
    [
        ("0,8", [0.8], [0.8]),
        ("0.8", [0.8], [0.8]),
        ("1,234", [1234, 1.234], [1234]),
        ("1.234", [1.234, 1234], [1.234]),
        ("0,234", [0.234], [0.234]),
        ("0.234", [0.234], [0.234]),
        ("1 234", [1234, 234], [1234, 234]),
        ("1_234", [1234], [1234]),
        ("1'234", [1234], [1234]),
        ("1,234,567", [1234567], [1234567]),
        ("1.234.567", [1234567], [1234567]),
        ("1,234.5", [1234.5], [1234.5]),
        ("1.234,5", [1234.5], [1234.5]),
        ("1.5e-3", [0.0015], [0.0015]),
        ("2,5E+02", [250], [250]),
        ("1e999", [float("inf")], [float("inf")]),
    ],
)
def test_a_number_has_the_values_that_it_may_mean(
    word: str, values: list[float], printed: list[float]
) -> None:
    assert [reading.value for reading in read_number(word)] == pytest.approx(values)
    assert [r.value for r in read_number(word, printed=True)] == pytest.approx(printed)


@try_cases(
    ("text", "family", "value"),
    [
        ("5 s", "time", 5),
        ("250 ms", "time", 0.25),
        ("12 \u00b5s", "time", 12e-6),
        ("2 min", "time", 120),
        ("1.5 h", "time", 5400),
        ("real\t0m5.312s", "time", 5.312),
        ("1 min 2 s", "time", 62),
        ("2h 3m 4s", "time", 7384),
        ("00:02:05", "time", 125),
        ("2:05.5", "time", 125.5),
        ("512 KiB", "size", 524288),
        ("3 bytes", "size", 3),
        ("94,8 %", "share", 94.8),
        ("12.3k req/s", "rate", 12300),
        ("900 ops per second", "rate", 900),
    ],
)
def test_a_quantity_is_in_the_base_unit_of_its_family(text: str, family: str, value: float) -> None:
    (quantity,) = find_quantities(text)
    assert quantity.family == family
    assert value in [pytest.approx(reading.value) for reading in quantity.readings]


@try_cases(
    "text", ["v4.2.0", "p95", "404", "500s", "127.0.0.1", "a 3-row table", "12:30", "#12", "x86_64"]
)
def test_what_is_no_quantity_has_no_unit(text: str) -> None:
    assert [quantity for quantity in find_quantities(text) if quantity.family] == []


def test_a_program_may_name_the_unit_before_the_number() -> None:
    for line in ("p95_ms: 41.7", '"p95_ms": 41.7', "latency (ms) | 41.7", "p95[ms] = 41.7"):
        (quantity,) = (q for q in find_quantities(line, printed=True) if q.numbers == (41.7,))
        assert (quantity.family, quantity.readings[0].value) == ("time", pytest.approx(0.0417))
