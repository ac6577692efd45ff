from greenhouse.alarms import alarms


def test_warm():
    assert alarms({"degrees": 30, "humidity": 60}) == ["too warm"]


def test_not_warm_yet():
    assert alarms({"degrees": 29.5, "humidity": 60}) == []


def test_dry():
    assert alarms({"degrees": 20, "humidity": 39}) == ["too dry"]
