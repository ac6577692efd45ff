import hashlib

from lab.db import connect
from lab.intervals import interval


def may_read(con, report, user):
    if report["owner"] == user:
        return True
    shared = con.execute(
        "SELECT 1 FROM shares WHERE report = ? AND user = ?", (report["id"], user)
    ).fetchone()
    return shared is not None


def read_report(user, report_id):
    """Return a report as the user may see it. Raises LookupError if there is none for them."""
    con = connect()
    report = con.execute("SELECT * FROM reports WHERE id = ?", (report_id,)).fetchone()
    if report is None or not may_read(con, report, user):
        raise LookupError("no such report")
    with con:
        con.execute("INSERT INTO accesses (report, user) VALUES (?, ?)", (report["id"], user))
    role = con.execute("SELECT role FROM users WHERE name = ?", (user,)).fetchone()["role"]
    patient = report["patient"]
    if role == "researcher":
        patient = "P-" + hashlib.sha256(patient.encode()).hexdigest()[:8]
    measured = {}
    for row in con.execute(
        "SELECT analyte, value FROM measurements WHERE report = ? ORDER BY rowid", (report["id"],)
    ):
        measured.setdefault(row["analyte"], []).append(row["value"])
    results = [
        {"analyte": analyte, "last": values[-1], "interval": interval(values)}
        for analyte, values in measured.items()
    ]
    return {"id": report["id"], "patient": patient, "results": results}
