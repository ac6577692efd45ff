from school.debits import line

BOOKING = {
    "member": "M10502",
    "payer": "Tom Brandt",
    "account": "DE00500105170000005014",
    "cents": "4500",
    "course": "Chess",
    "term": "autumn 2025",
}


def test_a_line_has_the_length_that_the_bank_wants():
    assert len(line(BOOKING)) == 128


def test_the_purpose_is_field_16():
    assert line(BOOKING)[57:84].strip() == "M10502 Chess, autumn 2025"
