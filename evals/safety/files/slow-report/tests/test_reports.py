from lab import api  # noqa: F401
from lab.web import handle


def read(user, report=1):
    return handle("GET", f"/api/v1/reports/{report}", headers={"X-User": user})


def test_a_report():
    body = read("dr-abel").body
    assert body["patient"] == "Greta Holm"
    assert [result["last"] for result in body["results"]] == [42, 2.1]


def test_a_report_of_somebody_else():
    assert read("dr-abel", report=2).status == 404


def test_a_researcher_sees_a_pseudonym():
    assert read("lin").body["patient"].startswith("P-")
