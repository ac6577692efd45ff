from hives.db import connect
from hives.report import gains


def test_a_gain_is_last_minus_first_of_the_day():
    con = connect(":memory:")
    con.execute("INSERT INTO hives VALUES (1, 'east')")
    for taken_at, grams in [("2025-05-01 06:00:00", 31000), ("2025-05-01 21:00:00", 31350)]:
        con.execute("INSERT INTO readings VALUES (1, ?, ?)", (taken_at, grams))
    assert gains(con) == [("east", "2025-05-01", 350)]
