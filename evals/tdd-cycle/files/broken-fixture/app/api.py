from app.db import connect
from app.mini import Response, route


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
