from huts import api  # noqa: F401
from huts.web import handle

ANA = {"X-User": "ana"}


def test_own_bookings_are_listed():
    answer = handle("GET", "/api/v1/bookings", headers=ANA)
    assert [item["id"] for item in answer.body["items"]] == [1, 3]


def test_a_booking():
    answer = handle("GET", "/api/v1/bookings/1", headers=ANA)
    assert answer.status == 200
    assert answer.body["hut"] == "Upper Lake"


def test_somebody_elses_booking():
    assert handle("GET", "/api/v1/bookings/2", headers=ANA).status == 404
