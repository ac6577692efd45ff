from app.db import connect
from app.mini import Response, route
from app.pricing import subtotal


def error(status, code, message):
    return Response(status, {"error": {"code": code, "message": message}})


@route("GET", "/api/v1/products")
def list_products(req):
    rows = connect().execute("SELECT * FROM products ORDER BY id")
    return Response(200, {"items": [dict(r) for r in rows]})


@route("GET", "/api/v1/products/{id}")
def get_product(req):
    row = connect().execute("SELECT * FROM products WHERE id = ?", (req.params["id"],)).fetchone()
    if row is None:
        return error(404, "not_found", "product not found")
    return Response(200, dict(row))


@route("POST", "/api/v1/quotes")
def quote(req):
    con = connect()
    lines = []
    for item in (req.body or {}).get("lines", []):
        row = con.execute(
            "SELECT sku, price_cents FROM products WHERE sku = ?", (item.get("sku"),)
        ).fetchone()
        if row is None:
            return error(400, "unknown_sku", "no such product")
        lines.append({**dict(row), "quantity": item.get("quantity", 1)})
    return Response(200, {"lines": lines, "subtotal_cents": subtotal(lines)})
