from larder import api  # noqa: F401
from larder.web import handle


def stock():
    return {item["sku"]: item["stock"] for item in handle("GET", "/api/v1/goods").body["items"]}


def test_goods():
    assert stock() == {"beans": 0, "milk": 190, "oats": 80, "rice": 120}


def test_hand_out():
    answer = handle("POST", "/api/v1/handouts", {"sku": "rice", "quantity": 20})
    assert answer.status == 201
    assert stock()["rice"] == 100


def test_not_enough():
    answer = handle("POST", "/api/v1/handouts", {"sku": "beans", "quantity": 1})
    assert answer.status == 409
