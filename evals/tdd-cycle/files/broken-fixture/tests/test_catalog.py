import pytest

from app.catalog import CATALOG


def test_price_by_sku():
    assert CATALOG["MUG"] == 890


def test_unknown_sku_raises_key_error():
    with pytest.raises(KeyError):
        CATALOG["PLATE"]


def test_lists_every_sku():
    assert list(CATALOG) == ["MUG", "SAUCER", "TEAPOT"]
