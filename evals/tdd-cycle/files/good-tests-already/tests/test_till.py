from datetime import time

from pool.till import group_price


def test_a_family():
    assert group_price([41, 39, 8, 2], time(14, 0)) == 1560
