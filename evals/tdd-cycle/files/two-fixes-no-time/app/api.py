from app.db import connect
from app.mini import Response, route
from app.pager import last_page, page_bounds
from app.slug import slugify


def error(status, code, message):
    return Response(status, {"error": {"code": code, "message": message}})


def product_json(row):
    return {**dict(row), "slug": slugify(row["name"])}


@route("GET", "/api/v1/products")
def list_products(req):
    page, per_page = int(req.query.get("page", 1)), int(req.query.get("per_page", 20))
    con = connect()
    total = con.execute("SELECT count(*) FROM products").fetchone()[0]
    rows = con.execute(
        "SELECT * FROM products ORDER BY id LIMIT ? OFFSET ?", page_bounds(page, per_page)
    )
    return Response(200, {
        "items": [product_json(r) for r in rows],
        "page": page,
        "last_page": last_page(total, per_page),
    })


@route("GET", "/api/v1/products/{id}")
def get_product(req):
    row = connect().execute("SELECT * FROM products WHERE id = ?", (req.params["id"],)).fetchone()
    if row is None:
        return error(404, "not_found", "product not found")
    return Response(200, product_json(row))
