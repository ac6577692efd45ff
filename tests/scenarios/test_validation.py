"""Every problem of a document is told at its line, with its key, what was found, and a cure."""

from __future__ import annotations

from typing import Annotated, Literal

import pytest
from promptverdict.cli.schema import SCHEMAS
from promptverdict.core.errors import InputError
from promptverdict.core.model import Frozen
from promptverdict.core.strict_yaml import parse
from promptverdict.scenarios.validation import validate_document
from pydantic import AfterValidator, Field

from tests.cases import try_cases


def _sold(name: str) -> str:
    if name != "tea":
        raise ValueError(f"{name} is not sold here")
    return name


class Item(Frozen):
    """One line of an order."""

    sku: Annotated[str, AfterValidator(_sold)] = Field(description="What is bought")
    count: int = Field(default=1, ge=1, description="How many")
    note: str = ""


class Card(Frozen):
    """Paid by card."""

    type: Literal["card"] = "card"
    number: str = Field(description="As it is printed on it")


class Split(Frozen):
    """Paid in several ways."""

    type: Literal["split"] = "split"
    ways: tuple[AnyPayment, ...] = Field(min_length=1, description="Each of the ways")
    tip: dict[str, Literal["none"] | tuple[int, ...]] = Field(
        default_factory=dict, description="Waiter -> tips"
    )


AnyPayment = Annotated[Card | Split, Field(discriminator="type")]
Split.model_rebuild()


Code = Annotated[str, Field(pattern="^[a-z]+$")]


class Order(Frozen):
    """An order."""

    title: str
    tags: tuple[Code, ...] = Field(default=(), min_length=2, description="Shown on it")
    motto: str = Field(default="x", min_length=1, description="What it says")
    items: tuple[Item, ...] = Field(default=(), description="What is in it")
    first: Item | None = Field(default=None, description="The most important")
    sizes: tuple[Literal["S", "M"], ...] = Field(default=(), description="Sizes of shirts")
    code: str = Field(default="A1", pattern="^[A-Z][0-9]$", description="Code of the shop")
    names: dict[Annotated[str, Field(pattern="^[a-z]+$")], str] = Field(default_factory=dict)
    stock: dict[str, Item] = Field(default_factory=dict, description="What there is")
    paid: dict[str, AnyPayment] = Field(default_factory=dict, description="Who pays, and how")


GOOD = "title: T\n"


def problems(text: str) -> list[str]:
    """Give each problem, and its cure after a bar."""
    with pytest.raises(InputError) as caught:
        validate_document(Order, parse(text, "order.yaml"), "order.yaml")
    return [f"{told.where}: {told.found} | {told.cure}" for told in caught.value.problems]


def test_a_good_document_becomes_its_model() -> None:
    text = GOOD + "items:\n  - {sku: tea, count: 2}\nfirst: {sku: tea}\nnames: {a: b}\n"
    assert validate_document(Order, parse(text, "order.yaml"), "order.yaml") == Order(
        title="T",
        items=(Item(sku="tea", count=2),),
        first=Item(sku="tea"),
        names={"a": "b"},
    )


@try_cases(
    ("text", "problem"),
    [
        ("items: []\n", "1: title: this key is missing | see `promptverdict schema order`"),
        (GOOD + "itms: []\n", "2: itms: unknown key | did you mean items?"),
        (
            GOOD + "colour: red\n",
            "2: colour: unknown key | known keys: title, tags, motto, items, first, sizes, code,",
        ),
        (
            GOOD + "items:\n  - sku: tea\n    cuont: 2\n",
            "4: items[0].cuont: unknown key | did you mean count?",
        ),
        (
            GOOD + "first:\n  skü: tea\n  sku: tea\n",
            "3: first.skü: unknown key | did you mean sku?",
        ),
        (
            GOOD + "items:\n  - sku: tea\n  - count: 2\n",
            "4: items[1].sku: this key is missing | What is bought",
        ),
        (
            GOOD + "first:\n  sku: tea\n  count: 0\n",
            "4: first.count: 1 or more is expected, found '0' | How many",
        ),
        (
            GOOD + "first:\n  sku: tea\n  count: two\n",
            "4: first.count: a whole number is expected, found 'two' | How many",
        ),
        (GOOD + "first: tea\n", "2: first: a mapping of keys is expected, found 'tea' | The most"),
        (GOOD + "items: tea\n", "2: items: a list is expected, found 'tea' | What is in it"),
        (GOOD + "items:\n", "2: items: a list is expected, found '' | What is in it"),
        (
            GOOD + "items:\n  - tea\n",
            "3: items[0]: a mapping of keys is expected, found 'tea' | What is in it",
        ),
        (GOOD + "tags: [a]\n", "2: tags: too few are listed, found ['a'] | list two or more, or"),
        (
            GOOD + "paid:\n  ann: {type: split, ways: []}\n",
            "3: paid.ann.ways: too few are listed, found [] | list one or more",
        ),
        (GOOD + "motto: ''\n", "2: motto: some text is expected, found '' | What it says"),
        (
            GOOD + "names: [a]\n",
            "2: names: a mapping of keys is expected, found ['a'] | see `promptverdict schema",
        ),
        (
            GOOD + "names:\n  b: [c]\n",
            "3: names.b: text is expected, found ['c'] | see `promptverdict schema",
        ),
        (
            GOOD + "names:\n  B: c\n",
            "3: names.B: text that matches ^[a-z]+$ is expected, found 'B' | see `promptverdict",
        ),
        (
            GOOD + "sizes:\n  - S\n  - XL\n",
            "4: sizes[1]: 'S' or 'M' is expected, found 'XL' | Sizes of shirts",
        ),
        (
            GOOD + "code: a1\n",
            "2: code: text that matches ^[A-Z][0-9]$ is expected, found 'a1' | Code of the shop",
        ),
        (
            GOOD + "first:\n  sku: coffee\n",
            "3: first.sku: coffee is not sold here | What is bought",
        ),
        (
            GOOD + "stock:\n  shelf:\n    skuu: tea\n    sku: tea\n",
            "4: stock.shelf.skuu: unknown key | did you mean sku?",
        ),
        (
            GOOD + "stock:\n  shelf: {sku: tea, count: 0}\n",
            "3: stock.shelf.count: 1 or more is expected, found '0' | How",
        ),
        (
            GOOD + "stock:\n  shelf: tea\n",
            "3: stock.shelf: a mapping of keys is expected, found 't",
        ),
        (
            GOOD + "paid:\n  ann:\n    type: crd\n    number: '1'\n",
            "4: paid.ann.type: there is no type crd | did you mean card?",
        ),
        (
            GOOD + "paid:\n  ann: {type: gold}\n",
            "3: paid.ann.type: there is no type gold | known types: card, split",
        ),
        (
            GOOD + "paid:\n  ann: {number: '1'}\n",
            "3: paid.ann.type: this key is missing | Who pays, and how",
        ),
        (
            GOOD + "paid:\n  ann: {type: card}\n",
            "3: paid.ann.number: this key is missing | As it is printed on it",
        ),
        (GOOD + "paid:\n  ann: cash\n", "3: paid.ann: a mapping of keys is expected, found 'cash'"),
        (
            GOOD
            + "paid:\n  ann:\n    type: split\n    ways:\n      - type: card\n        nmber: x\n"
            "        number: '1'\n",
            "7: paid.ann.ways[0].nmber: unknown key | did you mean number?",
        ),
        (
            GOOD + "paid:\n  ann: {type: split, ways: [{type: card, number: x}], tip: {b: {}}}\n",
            "3: paid.ann.tip.b: 'none' is expected, found {} | Waiter -> tips",
        ),
        (
            GOOD + "first:\n  sku: tea\n  note: [a]\n",
            "4: first.note: text is expected, found ['a'] | The most important",
        ),
    ],
)
def test_a_mistake_is_told_at_its_line_with_its_key_and_a_cure(text: str, problem: str) -> None:
    told = problems(text)
    assert told[0].startswith(f"order.yaml:{problem}")
    assert len({one.split(": ")[1] for one in told}) == 1


def test_a_key_of_several_lines_does_not_look_like_several_problems() -> None:
    with pytest.raises(InputError) as caught:
        validate_document(Order, parse(GOOD + '"a\\n\\nb": 1\n', "order.yaml"), "order.yaml")
    assert str(caught.value).startswith("order.yaml:2: a\\n\\nb: unknown key\n  known keys: ")


def test_all_mistakes_are_told_together() -> None:
    told = problems("titel: T\nitems:\n  - sku: tea\n    count: 0\n  - coffee\n")
    assert [problem.partition(": ")[0] for problem in told] == [
        "order.yaml:1",
        "order.yaml:4",
        "order.yaml:5",
        "order.yaml:1",
    ]


def test_a_list_whose_items_are_wrong_is_not_told_to_be_too_short_as_well() -> None:
    told = problems(GOOD + "tags: [A, B]\n")
    assert [one.split(": ")[1] for one in told] == ["tags[0]", "tags[1]"]


def test_what_was_found_is_shown_only_as_far_as_it_can_be_read_at_a_glance() -> None:
    (told,) = problems(GOOD + f"first: {'x' * 500}\n")
    assert len(told) < 200


@try_cases("text", ["- a\n- b\n", "just words\n", "3\n"])
def test_a_document_that_is_no_mapping_is_told(text: str) -> None:
    (told,) = problems(text)
    assert told == ("order.yaml: a mapping of keys is expected | see `promptverdict schema order`")


def test_the_schema_that_a_cure_points_to_can_be_printed() -> None:
    assert {model.__name__.lower(): model for model in SCHEMAS.values()} == SCHEMAS
