from lab import reports
from lab.db import connect
from lab.web import Response, error, route


def find_own(con, req):
    return con.execute(
        "SELECT * FROM reports WHERE id = ? AND owner = ?", (req.params["id"], req.user)
    ).fetchone()


@route("GET", "/api/v1/reports/{id}")
def get_report(req):
    try:
        return Response(200, reports.read_report(req.user, req.params["id"]))
    except LookupError:
        return error(404, "not_found", "no such report")


@route("GET", "/api/v1/reports/{id}/accesses")
def list_accesses(req):
    con = connect()
    if find_own(con, req) is None:
        return error(404, "not_found", "no such report")
    rows = con.execute(
        "SELECT user, at FROM accesses WHERE report = ? ORDER BY id", (req.params["id"],)
    )
    return Response(200, {"items": [dict(row) for row in rows]})


@route("POST", "/api/v1/reports/{id}/shares")
def share(req):
    con = connect()
    if find_own(con, req) is None:
        return error(404, "not_found", "no such report")
    user = req.body.get("user") if isinstance(req.body, dict) else None
    known = con.execute("SELECT 1 FROM users WHERE name = ?", (str(user),)).fetchone()
    if known is None:
        return error(400, "bad_request", "no such user")
    with con:
        con.execute("INSERT OR IGNORE INTO shares VALUES (?, ?)", (req.params["id"], user))
    return Response(204)


@route("DELETE", "/api/v1/reports/{id}/shares/{user}")
def stop_sharing(req):
    con = connect()
    if find_own(con, req) is None:
        return error(404, "not_found", "no such report")
    with con:
        con.execute(
            "DELETE FROM shares WHERE report = ? AND user = ?",
            (req.params["id"], req.params["user"]),
        )
    return Response(204)
