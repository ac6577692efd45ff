from harbour import board, levels


def test_a_ferry_waits_for_water(monkeypatch):
    water = {"08:40": 310, "10:15": 205, "13:30": 190}
    monkeypatch.setattr(levels, "level_cm", water.get)
    assert board.lines() == [
        "08:40  Hilde   sails",
        "10:15  Marten  waits for water",
        "13:30  Hilde   sails",
    ]
