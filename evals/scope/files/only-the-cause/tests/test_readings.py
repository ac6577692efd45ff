from plant.readings import of_day, parse


def test_other_days_are_left_out():
    lines = ["2031-03-03 23:45:00;16", "2031-03-04 12:00:00;17", "2031-03-05 00:15:00;18"]
    assert [flow for _, flow in of_day(map(parse, lines), "2031-03-04")] == [17.0]
