from datetime import time

from pool.prices import price

NOON = time(12, 0)


def test_small_children_are_free():
    assert price(0, NOON) == 0
    assert price(5, NOON) == 0


def test_children():
    assert price(6, NOON) == 360
    assert price(15, NOON) == 360


def test_adults():
    assert price(16, NOON) == 600
    assert price(90, NOON) == 600


def test_early_birds_pay_half():
    assert price(40, time(6, 30)) == 300
    assert price(40, time(8, 59)) == 300


def test_early_children_pay_half():
    assert price(10, time(7, 0)) == 180


def test_full_price_from_nine():
    assert price(40, time(9, 0)) == 600


def test_full_price_in_the_afternoon():
    assert price(40, time(13, 15)) == 600
    assert price(40, time(17, 59)) == 600


def test_small_children_are_free_early_too():
    assert price(5, time(7, 0)) == 0
