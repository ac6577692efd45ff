from prices import calc
from report import receipt


def test_tax_is_added_and_rounded():
    assert calc(100) == 119
    assert calc(3) == 4


def test_a_receipt_has_a_sum():
    assert receipt({"tea": 100, "cake": 300}) == "tea: 119\ncake: 357\nsum: 476"
