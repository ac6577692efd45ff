from text import initials, listed


def test_initials_are_upper_case():
    assert initials("ada lovelace") == "AL"


def test_nobody_has_no_initials():
    assert initials("") == ""


def test_the_last_word_of_a_list_comes_after_and():
    assert listed(["a", "b", "c"]) == "a, b and c"


def test_one_word_is_a_list_of_its_own():
    assert listed(["a"]) == "a"
