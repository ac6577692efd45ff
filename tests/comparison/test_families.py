"""Scenarios that change alike and are no family are named; others are not."""

from __future__ import annotations

import numpy as np
from promptverdict.comparison.compare import compare_variants
from promptverdict.trials.record import TrialRecord

from tests.cases import try_cases
from tests.compared import BASE, DIGEST, TERSE, samples, suite, trial


def records(changes: dict[str, int], workspaces: dict[str, str] | None = None) -> list[TrialRecord]:
    """One trial on each side of each scenario: 1 gained, -1 lost, 0 neither."""
    found = []
    for scenario, change in changes.items():
        digest = DIGEST | ({"workspace": workspaces[scenario]} if workspaces else {})
        for variant, sign in (
            (BASE, "+" if change < 0 else "-"),
            (TERSE, "-" if change < 1 else "+"),
        ):
            more = {"digest": digest | {"system": variant}}
            found.append(trial(variant, scenario, 0, {"kind": sign}, **more))
    return found


def notes(found: list[TrialRecord], **more: object) -> list[str]:
    suites = {"manners": suite(**more)}
    told = compare_variants(samples(found), suites, BASE, TERSE).notes
    return [note for note in told if "change alike" in note]


SHARED = {
    f"{family}-{n}": change
    for family, change in zip("abcdefgh", [1, -1] * 4, strict=True)
    for n in range(3)
}


def test_scenarios_of_one_name_that_change_alike_are_named() -> None:
    (note,) = notes(records(SHARED))
    assert note.startswith(
        "manners: scenarios that share the beginning of their names change alike (a-0 and 2 more"
    )
    assert "declare them as families" in note


def test_a_declared_family_needs_no_note() -> None:
    families = {family: [f"{family}-{n}" for n in range(3)] for family in "abcdefgh"}
    assert notes(records(SHARED), families=families) == []


def test_scenarios_of_one_workspace_that_change_alike_are_named() -> None:
    changes = [1, 1, 1, -1, -1, -1] * 2
    names = {f"{place}x{place}": change for place, change in enumerate(changes)}
    workspaces = {name: f"w{place // 3}" for place, name in enumerate(names)}
    (note,) = notes(records(names, workspaces))
    assert "share their workspace change alike" in note


@try_cases("seed", range(5))
def test_scenarios_that_change_each_on_its_own_are_not_named(seed: int) -> None:
    random = np.random.default_rng(seed)
    changes = {name: int(random.integers(-1, 2)) for name in SHARED}
    assert notes(records(changes)) == []
