from datetime import time

import pytest

from pool.prices import price

NOON = time(12, 0)


@pytest.mark.parametrize("age", [0, 3, 5])
def test_small_children_are_free(age):
    assert price(age, NOON) == 0


@pytest.mark.parametrize("age", [6, 10, 15])
def test_children(age):
    assert price(age, NOON) == 360


@pytest.mark.parametrize("age", [16, 40, 90])
def test_adults(age):
    assert price(age, NOON) == 600


@pytest.mark.parametrize("entered", [time(6, 30), time(8, 59)])
def test_early_birds_pay_half(entered):
    assert price(40, entered) == 300
    assert price(10, entered) == 180


@pytest.mark.parametrize("entered", [time(9, 0), time(13, 15), time(17, 59)])
def test_full_price_by_day(entered):
    assert price(40, entered) == 600


def test_small_children_are_free_early_too():
    assert price(5, time(7, 0)) == 0
