from feed.durations import in_words, seconds


def test_minutes_and_seconds():
    assert seconds("45:10") == 2710


def test_words_are_rounded_down():
    assert in_words(2710) == "45 min"
