from bakery.report import report

SALES = {"Rye bread": [20, 18, 22, 19, 30, 41, 0], "Bun": [110, 96, 120, 98, 140, 210, 0]}


def test_title():
    assert report(31, SALES)[:2] == ["Week 31", "======="]


def test_products_are_sorted():
    assert [line[:9].strip() for line in report(31, SALES)[2:4]] == ["Bun", "Rye bread"]


def test_a_product():
    assert "Rye bread        150" in report(31, SALES)


def test_long_names_are_cut():
    assert report(31, {"Grandmother's cake": [1, 1, 1, 1, 1, 1, 1]})[2] == "Grandmother's.     7"


def test_total():
    assert report(31, SALES)[-1] == "all              924"
