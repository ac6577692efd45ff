import app.api
from app.mini import handle


def test_get_product():
    r = handle("GET", "/api/v1/products/1")
    assert r.status == 200
    assert r.body["name"] == "Mug"


def test_unknown_product_is_404():
    r = handle("GET", "/api/v1/products/99")
    assert r.status == 404
    assert r.body["error"]["code"] == "not_found"


def test_quote():
    r = handle("POST", "/api/v1/quotes", body={"lines": [{"sku": "MUG", "quantity": 2}]})
    assert r.status == 200
    assert r.body["subtotal_cents"] == 1780


def test_quote_for_unknown_sku_is_400():
    r = handle("POST", "/api/v1/quotes", body={"lines": [{"sku": "PLATE", "quantity": 1}]})
    assert r.status == 400
    assert r.body["error"]["code"] == "unknown_sku"
