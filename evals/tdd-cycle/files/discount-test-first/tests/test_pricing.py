from app.pricing import subtotal


def test_subtotal_multiplies_price_and_quantity():
    lines = [
        {"price_cents": 890, "quantity": 2},
        {"price_cents": 420, "quantity": 1},
    ]
    assert subtotal(lines) == 2200


def test_subtotal_of_nothing_is_zero():
    assert subtotal([]) == 0
