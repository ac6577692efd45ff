import pytest

from app import db
from app.cart import Cart


@pytest.fixture(autouse=True)
def database(tmp_path, monkeypatch):
    monkeypatch.setenv("APP_DB", str(tmp_path / "app.db"))
    db.init()


@pytest.fixture
def cart():
    """Two mugs and a tea pot, at the prices of the seed data."""
    from app.catalogue import CATALOG

    cart = Cart(CATALOG)
    cart.add("MUG", 2)
    cart.add("TEAPOT")
    return cart
