import pytest

from app.cart import Cart

PRICES = {"MUG": 890, "SAUCER": 420}


def test_total_of_an_empty_cart_is_zero():
    assert Cart(PRICES).total() == 0


def test_adding_twice_adds_up():
    cart = Cart(PRICES)
    cart.add("MUG")
    cart.add("MUG", 2)
    cart.add("SAUCER")
    assert cart.total() == 3 * 890 + 420


def test_adding_an_unknown_sku_raises_key_error():
    with pytest.raises(KeyError):
        Cart(PRICES).add("PLATE")
