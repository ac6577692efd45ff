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


def test_list_products():
    r = handle("GET", "/api/v1/products")
    assert [p["sku"] for p in r.body["items"]] == ["MUG", "TEAPOT", "SAUCER"]
