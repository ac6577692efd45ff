from door.db import connect
from door.web import Response, error, route


def find_event(con, req):
    """Return the event of the tablet that asks, or None."""
    row = con.execute(
        "SELECT event FROM doors WHERE token = ?", (req.headers.get("X-Door"),)
    ).fetchone()
    return row["event"] if row else None


def find_ticket(con, event, code):
    return con.execute(
        f"SELECT * FROM tickets WHERE event = {event} AND code = '{code.upper()}'"
    ).fetchone()


def ticket_json(row):
    return {
        "code": row["code"],
        "holder": row["holder"],
        "seat": row["seat"],
        "admitted": bool(row["admitted"]),
    }


@route("GET", "/api/v1/tickets/{code}")
def get_ticket(req):
    con = connect()
    event = find_event(con, req)
    if event is None:
        return error(401, "unauthorized", "this tablet is not set up")
    row = find_ticket(con, event, req.params["code"])
    if row is None:
        return error(404, "not_found", "no such ticket")
    return Response(200, ticket_json(row))


@route("POST", "/api/v1/tickets/{code}/admit")
def admit(req):
    con = connect()
    event = find_event(con, req)
    if event is None:
        return error(401, "unauthorized", "this tablet is not set up")
    row = find_ticket(con, event, req.params["code"])
    if row is None:
        return error(404, "not_found", "no such ticket")
    if row["admitted"]:
        return error(409, "already_admitted", "somebody went in with this ticket")
    with con:
        con.execute("UPDATE tickets SET admitted = 1 WHERE code = ?", (row["code"],))
    return Response(200, {**ticket_json(row), "admitted": True})
