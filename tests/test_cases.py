"""Cases that are tried together are all tried, and each that fails is named."""

from __future__ import annotations

import inspect

import pytest

from tests.cases import try_cases


def test_every_case_is_tried_and_a_failure_names_each_that_fails() -> None:
    tried = []

    @try_cases("number", [1, 2, 3])
    def claim(number: int) -> None:
        tried.append(number)
        assert number == 2

    with pytest.raises(ExceptionGroup) as caught:
        claim()
    assert tried == [1, 2, 3]
    assert caught.value.message == "2 of 3 cases failed\n  0: number=1\n  2: number=3"
    assert len(caught.value.exceptions) == 2


def test_an_error_that_is_not_raised_is_a_failure_as_well() -> None:
    @try_cases("text", ["1", "x"], ids=["a number", "none"])
    def claim(text: str) -> None:
        with pytest.raises(ValueError, match="invalid literal"):
            int(text)

    with pytest.raises(BaseExceptionGroup, match="1 of 2 cases failed\n  0: a number"):
        claim()


def test_tables_on_each_other_are_crossed_and_fixtures_are_left_to_pytest() -> None:
    tried = []

    @try_cases("first", [1, 2])
    @try_cases(("second", "third"), [("a", "b"), ("c", "d")])
    def claim(first: int, second: str, third: str, tmp_path: str) -> None:
        tried.append((first, second, third, tmp_path))

    assert list(inspect.signature(claim).parameters) == ["tmp_path"]
    claim(tmp_path="x")
    assert tried == [(1, "a", "b", "x"), (1, "c", "d", "x"), (2, "a", "b", "x"), (2, "c", "d", "x")]


def test_a_claim_without_a_case_or_of_another_name_is_refused() -> None:
    def claim(number: int) -> None:
        pass

    with pytest.raises(AssertionError, match="no case is tried"):
        try_cases("number", [])
    with pytest.raises(AssertionError):
        try_cases("count", [1])(claim)
    with pytest.raises(ValueError, match="zip"):
        try_cases("number, count", [(1,)])
