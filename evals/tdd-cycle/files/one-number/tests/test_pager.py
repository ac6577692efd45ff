from greenhouse.pager import messages


def test_only_houses_with_an_alarm():
    readings = {
        "orchids": {"degrees": 33, "humidity": 35},
        "herbs": {"degrees": 21, "humidity": 55},
    }
    assert messages(readings) == ["orchids: too warm, too dry"]
