"""The digest names each part of what was asked, and nothing else enters it."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest
from promptverdict.agents.frontmatter import split_frontmatter
from promptverdict.agents.normal_form import build_variant
from promptverdict.agents.variant import Variant
from promptverdict.core.errors import InputError
from promptverdict.recording.digest import PARTS, list_changed_parts
from promptverdict.runner.cell_selection import list_cells
from promptverdict.runner.cells import Cell
from promptverdict.runner.models import resolve_model
from promptverdict.scenarios.loading import load_scenario, load_suite
from promptverdict.settings import Settings

from tests.fakes import SCENARIO, SUITE, write


def variant(**more: Any) -> Variant:
    fields = {
        "agent": "helper",
        "variant": "base",
        "path": "agents/helper/base.md",
        "dialect": "claude-code",
        "name": "helper",
        "description": "Helps",
        "model": None,
        "tools": ("Read", "Bash"),
        "unknown_tools": (),
        "prompt": "You are kind.",
        "metadata": {},
        "diagnostics": (),
    }
    return Variant.model_validate(fields | more)


def cell(root: Path, scenario: str = SCENARIO, readme: str = "# Hello\n", **more: Any) -> Cell:
    folder = root / "evals/small"
    write(
        root,
        {
            "evals/small/suite.yaml": SUITE,
            "evals/small/hello.yaml": scenario,
            "evals/small/files/hello/README.md": readme,
        },
    )
    loaded = load_scenario(folder / "hello.yaml", load_suite(folder / "suite.yaml"))
    return Cell(loaded, variant(**more), "relay/scripted")


GOLDEN = {
    "model": "bd7b3bafd072ec62",
    "system": "bc263a120c429777",
    "tools": "7d37d0805aa044f6",
    "message": "69feddaa60c76b3c",
    "parameters": "2a3a5d0ca7b821ff",
    "limits": "b28f356c5f644ddc",
    "workspace": "45acf75ed7aed4f5",
}


def test_the_digest_of_a_small_cell_is_golden(tmp_path: Path) -> None:
    """A change here makes every recording of every user stale: it must be meant."""
    assert cell(tmp_path).digest == GOLDEN


def test_a_cell_that_has_everything_has_every_part_that_is_known(tmp_path: Path) -> None:
    everything = (
        "turns: [And?]\nsetup: {git: {}}\nscript: {pages: [{url: a, text: b}]}\n"
        "user: {instructions: You are Ann., turns: 2}\n"
        "mcp: {wiki: {find: [nothing]}}\n"
    )
    made = dataclasses.replace(cell(tmp_path, SCENARIO + everything), user_model="relay/user")
    assert set(made.digest) == set(PARTS)


def test_a_part_that_a_trial_does_not_have_adds_no_entry(tmp_path: Path) -> None:
    digest = cell(tmp_path, tools=()).digest
    assert not {"turns", "script", "setup", "tools"} & set(digest)


@pytest.mark.parametrize(
    ("scenario", "readme", "more", "parts"),
    [
        (SCENARIO, "# Hullo\n", {}, {"workspace"}),
        (SCENARIO, "# Hello\n", {"prompt": "You are kind!"}, {"system"}),
        (SCENARIO, "# Hello\n", {"tools": ("Read",)}, {"tools"}),
        (SCENARIO.replace("Say", "Shout"), "# Hello\n", {}, {"message"}),
        (SCENARIO + "turns: [And?]\n", "# Hello\n", {}, {"turns"}),
        (SCENARIO + "limits: {calls: 9}\n", "# Hello\n", {}, {"limits"}),
        (SCENARIO + "setup: {git: {}}\n", "# Hello\n", {}, {"setup"}),
        (SCENARIO + "script: {pages: [{url: a, text: b}]}\n", "# Hello\n", {}, {"script"}),
        (SCENARIO + "probes: [{name: p, run: ls}]\ntags: [x]\n", "# Hello\n", {}, set()),
        (SCENARIO, "# Hello\n", {"description": "x", "metadata": {"color": "red"}}, set()),
    ],
)
def test_each_part_is_named_when_it_changes(
    tmp_path: Path, scenario: str, readme: str, more: dict[str, Any], parts: set[str]
) -> None:
    old = cell(tmp_path / "a").digest
    new = cell(tmp_path / "b", scenario, readme, **more).digest
    assert set(list_changed_parts(old, new)) == parts


def test_equal_trials_have_equal_keys_and_others_have_others(tmp_path: Path) -> None:
    one, other = cell(tmp_path / "a"), cell(tmp_path / "b")
    assert one.get_trial(0).key == other.get_trial(0).key
    assert one.get_trial(0).key != one.get_trial(1).key
    assert one.get_trial(0).key != cell(tmp_path / "c", prompt="x").get_trial(0).key


def test_a_model_is_what_the_configuration_says_of_it() -> None:
    settings = Settings(models={"default": "relay/a", "sonnet": "relay/b"})
    assert resolve_model(variant(), settings) == "relay/a"
    assert resolve_model(variant(model="inherit"), settings) == "relay/a"
    assert resolve_model(variant(model="sonnet"), settings) == "relay/b"
    assert resolve_model(variant(model="anthropic/x"), settings) == "anthropic/x"
    assert resolve_model(variant(), Settings(model="anthropic/y")) == "anthropic/y"
    with pytest.raises(InputError, match=r'models\] opus = "\.\.\."'):
        resolve_model(variant(model="opus"), settings)
    with pytest.raises(InputError, match=r'models\] "opus-4\.1" = '):
        resolve_model(variant(model="opus-4.1"), settings)


@pytest.mark.parametrize(
    ("settings", "where"),
    [
        ({"model": "anthropic/..."}, "--model"),
        ({"models": {"default": "anthropic/..."}}, "pyproject.toml: tool.promptverdict.models"),
        ({"model": "relay/a", "judge": "anthropic/..."}, "judge"),
        ({"model": "relay/a", "user_model": "anthropic/..."}, "user_model"),
    ],
)
def test_dots_where_a_models_name_is_to_be_written_are_refused(
    tmp_path: Path, settings: dict[str, Any], where: str
) -> None:
    one = cell(tmp_path)
    with pytest.raises(InputError) as caught:
        list_cells(one.scenario, [one.variant], Settings.model_validate(settings), by_hand=True)
    (problem,) = caught.value.problems
    assert problem.where.startswith(where)
    assert problem.found.endswith("is a placeholder and names no model")
    assert problem.cure == "write the model's name: anthropic/NAME"


def test_a_quote_that_is_not_closed_around_a_model_is_told_at_its_line() -> None:
    source = split_frontmatter('---\nname: a\nmodel: "sonnet\n---\nBe kind.\n')
    agent = build_variant(source, agent="a", variant=None, path="agents/a.md")
    with pytest.raises(InputError) as caught:
        resolve_model(agent, Settings())
    (problem,) = caught.value.problems
    assert problem.where == "agents/a.md:3"
    assert problem.found == 'a quote that is not closed: model: "sonnet'


def test_a_suites_variants_run_and_by_hand_whatever_there_is(tmp_path: Path) -> None:
    scenario = cell(tmp_path).scenario
    settings = Settings(models={"default": "relay/a"})
    base, terse, other = variant(), variant(variant="terse"), variant(agent="other", variant=None)

    def ids(*agents: Variant, by_hand: bool = True) -> list[str]:
        return [one.variant.id for one in list_cells(scenario, agents, settings, by_hand=by_hand)]

    assert ids(base, terse, other, by_hand=False) == ["helper/base", "helper/terse"]
    assert ids(base, other) == ["helper/base"]
    assert ids(other) == ["other"]
    with pytest.raises(InputError, match="there is no helper/terse"):
        ids(base, by_hand=False)
