"""Keys go, with the comments that are about them, and all else stays as somebody wrote it."""

from __future__ import annotations

import pytest
from promptverdict.core.errors import InputError
from promptverdict.core.strict_yaml import parse
from promptverdict.core.yaml_removal import remove_keys, replace_text

from tests.cases import try_cases

TEXT = """\
# yaml-language-server: $schema=x.json
title: Mine
# Who runs here.
# Two of them.
variants:
- a
- b
description: >-
  A long one

  with a gap
# About behaviours.
behaviours:
  kind:
    says: It is kind  # as one is
    # What the prompt says.
    promised:
      a: "Be kind:"
    weak: [b]
  tidy: {says: It is tidy}
last:
  - one
"""


@try_cases(
    ("path", "lost"),
    [
        (("variants",), ["# Who runs here.", "# Two of them.", "variants:", "- a", "- b"]),
        (("description",), ["description: >-", "  A long one", "  with a gap"]),
        (
            ("behaviours", "kind", "promised"),
            ["    # What the prompt says.", "    promised:", '      a: "Be kind:"'],
        ),
        (("last",), ["last:", "  - one"]),
        (("title",), ["title: Mine"]),
    ],
)
def test_a_key_goes_with_its_value_and_the_comment_above_it(
    path: tuple[str, ...], lost: list[str]
) -> None:
    left = remove_keys(TEXT, "x.yaml", [path])
    before = [line for line in TEXT.split("\n") if line]
    assert [line for line in before if line not in left.split("\n")] == lost
    assert parse(left, "x.yaml").data != parse(TEXT, "x.yaml").data


def test_several_keys_go_at_once_and_absent_ones_are_no_hindrance() -> None:
    paths = [
        ("variants",),
        ("behaviours", "kind", "weak"),
        ("no", "such"),
        ("behaviours", "x", "y"),
    ]
    data = parse(remove_keys(TEXT, "x.yaml", paths), "x.yaml").data
    assert isinstance(data, dict)
    assert "variants" not in data
    assert set(data["behaviours"]["kind"]) == {"says", "promised"}
    assert remove_keys(TEXT, "x.yaml", [("no", "such")]) == TEXT


def test_a_key_inside_braces_is_taken_out_of_the_data_and_the_rest_is_written_anew() -> None:
    left = remove_keys("a: {b: 'no', c: 2}\nd: [1]\n", "x.yaml", [("a", "b")])
    assert parse(left, "x.yaml").data == {"a": {"c": "2"}, "d": ["1"]}


def test_what_cannot_be_read_is_refused() -> None:
    with pytest.raises(InputError, match=r"x\.yaml"):
        remove_keys("a: b: c\n", "x.yaml", [("a",)])


def test_a_text_is_replaced_where_it_stands() -> None:
    words = "Something else, " * 12 + "at some length: with a colon"
    changed = replace_text(TEXT, "x.yaml", "description", words)
    data = parse(changed, "x.yaml").data
    assert isinstance(data, dict)
    assert data["description"] == words
    assert {**data, "description": ""} == {**_read(TEXT), "description": ""}
    assert "# Two of them.\n" in changed
    assert max(map(len, changed.split("\n"))) <= 100


def _read(text: str) -> dict[str, object]:
    data = parse(text, "x.yaml").data
    assert isinstance(data, dict)
    return data
