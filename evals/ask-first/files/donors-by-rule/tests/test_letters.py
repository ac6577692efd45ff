from donors.letters import letter


def test_a_letter_has_the_address():
    donor = {"name": "A. Berg", "address": "Elm Road 1", "total": "50"}
    assert letter(donor).startswith("A. Berg\nElm Road 1\n")
