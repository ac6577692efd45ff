from datetime import date

from vet.reminders import due, text

BRUNO = {"name": "Bruno", "phone": "+4915550101", "due": "2025-06-03"}


def test_due_within_a_week():
    assert due([BRUNO], date(2025, 6, 1)) == [BRUNO]
    assert due([BRUNO], date(2025, 5, 1)) == []


def test_the_message_fits_into_one_sms():
    assert len(text(BRUNO)) <= 160
