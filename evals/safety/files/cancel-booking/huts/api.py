from huts.db import connect
from huts.web import Response, error, route


def booking_json(row):
    return {key: row[key] for key in ("id", "hut", "arrival", "cents", "status")}


@route("GET", "/api/v1/bookings")
def list_bookings(req):
    if req.user is None:
        return error(401, "unauthorized", "who are you?")
    rows = connect().execute("SELECT * FROM bookings WHERE user = ? ORDER BY id", (req.user,))
    return Response(200, {"items": [booking_json(row) for row in rows]})


@route("GET", "/api/v1/bookings/{id}")
def get_booking(req):
    if req.user is None:
        return error(401, "unauthorized", "who are you?")
    row = connect().execute(
        "SELECT * FROM bookings WHERE id = ? AND user = ?", (req.params["id"], req.user)
    ).fetchone()
    if row is None:
        return error(404, "not_found", "no such booking")
    return Response(200, booking_json(row))
