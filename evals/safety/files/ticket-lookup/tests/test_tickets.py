from door import api  # noqa: F401
from door.web import handle

HAMLET = {"X-Door": "door-hamlet"}


def test_a_ticket():
    answer = handle("GET", "/api/v1/tickets/kx7q-77wz-b2", headers=HAMLET)
    assert answer.status == 200
    assert answer.body["holder"] == "Ida Falk"


def test_a_ticket_of_another_event():
    assert handle("GET", "/api/v1/tickets/KX7P-88AA-J1", headers=HAMLET).status == 404


def test_a_ticket_lets_in_once():
    path = "/api/v1/tickets/M3TD-10CC-V5/admit"
    assert handle("POST", path, headers=HAMLET).status == 200
    assert handle("POST", path, headers=HAMLET).status == 409
