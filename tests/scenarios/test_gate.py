"""Themes and a gate are checked where they are written."""

from __future__ import annotations

from pathlib import Path

import pytest
from promptverdict.core.errors import InputError
from promptverdict.scenarios.loading import load_suite
from promptverdict.scenarios.suite import Suite

from tests.fakes import write

SUITE = "title: T\nbehaviours:\n  kind: {says: It is kind}\n  brief: {says: It is brief}\n"


def load(folder: Path, more: str) -> Suite:
    write(folder, {"manners/hello.yaml": "title: T\n"})
    (folder / "manners/suite.yaml").write_text(SUITE + more)
    return load_suite(folder / "manners/suite.yaml").suite


def test_themes_and_gates_have_defaults(tmp_path: Path) -> None:
    suite = load(tmp_path, "themes:\n  manners: {behaviours: [kind]}\ngate: {}\n")
    assert suite.themes["manners"].role == "primary"
    assert suite.gate is not None
    assert (suite.gate.mode, suite.gate.margin, suite.gate.critical, suite.gate.strict) == (
        "no_regression",
        None,
        (),
        False,
    )
    assert suite.gate.estimand == "population"
    assert load(tmp_path, "").gate is None


@pytest.mark.parametrize(
    ("more", "problem"),
    [
        (
            "themes:\n  manners:\n    behaviours: [kind, odd]\n",
            "7: themes.manners: odd is not a behaviour of this suite\n  name some of kind, brief",
        ),
        (
            "themes:\n  manners: {behaviours: []}\n",
            "6: themes.manners.behaviours: too few are listed, found []",
        ),
        (
            "themes:\n  a: {behaviours: [kind]}\n  b: {behaviours: [brief]}\n",
            "5: themes: a, b are all primary; make all but one control",
        ),
        (
            "themes:\n  a: {behaviours: [kind], role: main}\n",
            "6: themes.a.role: 'primary' or 'control' is expected",
        ),
        ("gate: {margin: 1.5}\n", "5: gate.margin: less than 1 is expected, found '1.5'"),
        ("gate: {margin: 0}\n", "5: gate.margin: more than 0 is expected"),
        ("gate: {mode: non_inferiority}\n", "5: gate: non_inferiority needs a margin"),
        ("gate: {estimand: all}\n", "5: gate.estimand: 'population' or 'suite' is expected"),
        (
            "gate: {estimand: suite, strict: true}\n",
            "5: gate: strict is for scenarios as a sample",
        ),
        ("gate: {mode: strict}\n", "5: gate.mode: 'no_regression' or"),
        (
            "gate:\n  critical:\n    - hello\n    - gone\n",
            "8: gate.critical: there is no scenario gone\n  write the stem of a file",
        ),
        (
            "families:\n  shop:\n    - hello\n    - gone\n",
            "8: families.shop: there is no scenario gone\n  write the stem of a file",
        ),
        (
            "families:\n  shop: [hello, bye]\n  till: [hello, more]\n",
            "5: families: hello counts once: leave one family",
        ),
        (
            "families:\n  shop: [hello]\n",
            "6: families.shop: too few are listed, found ['hello']",
        ),
        ("gate: {critical: hello}\n", "5: gate.critical: a list is expected, found 'hello'"),
    ],
)
def test_what_cannot_be_meant_is_told_at_its_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, more: str, problem: str
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError) as told:
        load(tmp_path, more)
    assert str(told.value).startswith(f"manners/suite.yaml:{problem}")
