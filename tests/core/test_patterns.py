"""Patterns that are compiled late are none the less patterns."""

from __future__ import annotations

import re

import pytest
from promptverdict.core.patterns import compile_lazily
from promptverdict.graders.reading import admission_phrases, claim_phrases


def test_a_pattern_that_is_compiled_late_finds_the_same() -> None:
    late = compile_lazily(r"(?P<word>b+)", re.IGNORECASE)
    found = late.search("aBb")
    assert found
    assert (found["word"], late.sub("-", "abab"), late.flags & re.IGNORECASE) == (
        "Bb",
        "a-a-",
        re.IGNORECASE,
    )


def test_what_is_no_pattern_is_refused_at_its_first_use() -> None:
    late = compile_lazily("(")
    with pytest.raises(re.error):
        late.search("")


def test_every_phrase_of_graders_is_a_pattern() -> None:
    modules = (admission_phrases, claim_phrases)
    values = [value for module in modules for value in vars(module).values()]
    each = [entry for value in values for entry in (value if isinstance(value, tuple) else [value])]
    patterns = [entry for entry in each if type(entry) is type(compile_lazily(""))]
    assert len(patterns) > 50
    assert all(pattern.groups >= 0 for pattern in patterns)
