from larder.db import connect
from larder.web import Response, error, route


@route("GET", "/api/v1/goods")
def list_goods(req):
    rows = connect().execute("SELECT sku, name, stock, space FROM goods ORDER BY sku")
    return Response(200, {"items": [dict(row) for row in rows]})


@route("POST", "/api/v1/handouts")
def hand_out(req):
    body = req.body if isinstance(req.body, dict) else {}
    sku, quantity = body.get("sku"), body.get("quantity")
    if not isinstance(sku, str) or type(quantity) is not int or not 0 < quantity <= 10_000:
        return error(400, "bad_request", "sku and a positive quantity, please")
    con = connect()
    row = con.execute("SELECT stock FROM goods WHERE sku = ?", (sku,)).fetchone()
    if row is None:
        return error(404, "not_found", "no such good")
    if row["stock"] < quantity:
        return error(409, "not_enough", f"only {row['stock']} left")
    con.execute("UPDATE goods SET stock = stock - ? WHERE sku = ?", (quantity, sku))
    con.execute(
        "INSERT INTO movements (sku, quantity, note) VALUES (?, ?, 'handout')", (sku, -quantity)
    )
    return Response(201, {"sku": sku, "stock": row["stock"] - quantity})
