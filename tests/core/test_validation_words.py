"""Words for what does not fit a model, of which none is pydantic's where there are ours."""

from __future__ import annotations

from typing import Any, Literal

import pytest
from promptverdict.core.model import Frozen
from promptverdict.core.validation_words import describe_error, describe_error_at_place
from pydantic import Field, ValidationError

from tests.cases import try_cases


class Inner(Frozen):
    text: str = Field(min_length=1, max_length=3, pattern="^a")


class Model(Frozen):
    number: float = Field(default=1, gt=0, lt=2)
    whole: int = Field(default=1, ge=0, le=2)
    flag: bool = False
    mode: Literal["on", "off"] = "on"
    items: tuple[Inner, ...] = Field(default=(), min_length=1, max_length=2)
    table: dict[str, str] = Field(default={})


@try_cases(
    ("data", "words"),
    [
        ({"number": 0}, "number: more than 0 is expected"),
        ({"number": 2}, "number: less than 2 is expected"),
        ({"number": "x"}, "number: a number is expected"),
        ({"whole": -1}, "whole: 0 or more is expected"),
        ({"whole": 3}, "whole: 2 or less is expected"),
        ({"whole": 1.5}, "whole: a whole number is expected"),
        ({"whole": []}, "whole: a whole number is expected"),
        ({"flag": "maybe"}, "flag: true or false is expected"),
        ({"mode": "up"}, "mode: 'on' or 'off' is expected"),
        ({"items": []}, "items: too few are listed"),
        ({"items": [{"text": "a"}] * 3}, "items: too many are listed"),
        ({"items": 1}, "items: a list is expected"),
        ({"items": [{}]}, "items.0.text: this key is missing"),
        ({"items": [{"text": ""}]}, "items.0.text: some text is expected"),
        ({"items": [{"text": "aaaa"}]}, "items.0.text: text of at most 3 characters is expected"),
        ({"items": [{"text": "b"}]}, "items.0.text: text that matches ^a is expected"),
        ({"items": [{"text": 1}]}, "items.0.text: text is expected"),
        ({"table": []}, "table: a mapping of keys is expected"),
        ({"other": 1}, "other: unknown key"),
        (3, "a mapping of keys is expected"),
    ],
)
def test_what_is_wrong_is_said_in_our_words(data: Any, words: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Model.model_validate(data)
    assert describe_error_at_place(caught.value.errors()[0]) == words


def test_an_error_without_words_of_ours_passes_the_message_on() -> None:
    error = {"type": "of_tomorrow", "msg": "Odd {thing}", "loc": ()}
    assert describe_error(error) == "odd {thing}"
