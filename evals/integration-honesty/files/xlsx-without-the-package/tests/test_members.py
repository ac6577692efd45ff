from choirbook.members import Member, list_by_voice


def test_voices_come_in_order():
    low, high = Member("Ida", "bass", 2019), Member("Oskar", "soprano", 2021)
    assert list_by_voice([low, high]) == [high, low]
