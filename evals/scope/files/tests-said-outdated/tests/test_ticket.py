from fares.ticket import ticket


def test_ticket():
    assert ticket(40, 10, 12) == "Bus 2.90 EUR"
