from seatmap.find import find_together
from seatmap.load import load


def test_rows_are_read_front_first():
    assert load("oox\n\nxoo\n") == ["oox", "xoo"]


def test_the_front_is_offered_first():
    assert find_together(["xoo", "ooo"], 2) == (0, 1)


def test_a_preferred_row_comes_first():
    assert find_together(["xoo", "ooo"], 2, preferred=1) == (1, 0)


def test_camera_seats_are_not_offered():
    assert find_together(["occo"], 2) is None


def test_an_aisle_parts_seats():
    assert find_together(["xo ox"], 2) is None
