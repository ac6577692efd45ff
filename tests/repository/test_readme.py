"""What README and docs show is accepted, and what they name exists."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from promptverdict.cli.entry import VERBS
from promptverdict.core.strict_yaml import parse
from promptverdict.graders import AnyGrader
from promptverdict.providers.registry import MODULES
from promptverdict.scenarios.loading import load_suite
from promptverdict.scenarios.scenario import Scenario
from promptverdict.scenarios.solution import Solution
from promptverdict.scenarios.suite import Behaviour, Suite
from promptverdict.scenarios.validation import validate_document
from promptverdict.settings import OPTIONS, Settings, resolve
from promptverdict.trials.evidence import Evidence, Task
from promptverdict.trials.grade import Grade, passed
from promptverdict.trials.store import Run
from promptverdict.trials.transcript import Call
from pydantic import TypeAdapter

from tests.cases import try_cases
from tests.report.made import record
from tests.repository.reference import render_reference

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
DOCS = "\n\n".join(page.read_text(encoding="utf-8") for page in PAGES)


def blocks(kind: str = "yaml") -> list[str]:
    return re.findall(rf"^```{kind}\n(.*?)^```", DOCS, re.MULTILINE | re.DOTALL)


def test_the_reference_is_what_the_code_says() -> None:
    written = (ROOT / "docs/reference.md").read_text(encoding="utf-8")
    assert written == render_reference(), (
        "renew it: python -m tests.repository.reference > docs/reference.md"
    )


def test_readme_fits_on_one_screen() -> None:
    assert len(README.splitlines()) <= 70


def test_readme_shows_a_verdict_that_needs_nothing_from_elsewhere() -> None:
    """Made by `python -m tests.pictures`."""
    (name,) = re.findall(r"!\[[^\]]+\]\(([^)]+\.svg)\)", README)
    picture = (ROOT / name).read_text(encoding="utf-8")
    assert len(picture) < 40_000
    assert not re.search(r"(?:href|src|url)\s*[=(][^#)]*http|@import|@font-face|<script", picture)
    told = re.sub(r"<[^>]+>", "", picture).replace("&#160;", " ")
    assert "pytest evals/ --base main --record once" in told
    assert "builder shows good-work more often than builder @ main." in told


@try_cases("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_a_page_links_only_to_what_is_there(page: Path) -> None:
    links = re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
    local = [link for link in links if not link.startswith("http")]
    assert [link for link in local if not (page.parent / link).exists()] == []


@try_cases("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_a_module_that_a_page_names_exists(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    package = ROOT / "harness/promptverdict"
    named = re.findall(r"`((?:[\w-]+/)+[\w-]*(?:\.py)?)`", text)
    rooms = {path.name for path in package.iterdir()}
    ours = [name for name in named if name.split("/")[0] in rooms]
    assert [name for name in ours if not (package / name).exists()] == []
    whole = [name for name in named if name.split("/")[0] in ("harness", "tests")]
    assert [name for name in whole if not (ROOT / name).exists()] == []


def test_every_block_of_code_is_of_a_kind_that_is_tried() -> None:
    assert set(re.findall(r"^ *```(\w+)$", DOCS, re.MULTILINE)) <= {"yaml", "toml", "python"}


def test_the_solutions_that_are_shown_are_accepted() -> None:
    shown = [parse(block, "docs") for block in blocks() if "kind: saboteur" in block]
    scripted, edited = [validate_document(Solution, document, "docs") for document in shown]
    assert scripted.fails == ("does-what-was-asked",)
    assert scripted.steps
    assert edited.fails == ("failing-test-first",)
    assert edited.edits


def test_the_limit_of_time_that_is_shown_is_accepted() -> None:
    (limit,) = [block for block in blocks() if block.startswith("contemporary:")]
    document = parse("title: x\n" + limit, "docs")
    assert validate_document(Suite, document, "docs").contemporary.limit is None


def test_the_gate_runs_the_first_commands_as_they_are_shown() -> None:
    shown = README.partition("## Try it")[2].partition("## ")[0]
    commands = re.findall(r"\.venv/bin/((?:pip|pytest) [^&\n]+?)(?: &&|\n)", shown)
    assert len(commands) == 4
    gate = (ROOT / ".ci/run").read_text().replace("-U --upgrade-strategy eager ", "")
    for command in commands:
        assert f"    {command}\n" in gate


def test_the_scenario_that_is_shown_is_accepted() -> None:
    (scenario,) = [block for block in blocks() if "task:" in block]
    assert validate_document(Scenario, parse(scenario, "README.md"), "README.md").probes


def test_the_behaviour_and_the_grade_that_are_shown_are_accepted() -> None:
    (both,) = [block for block in blocks() if "grades:" in block and "behaviours:" in block]
    document = parse(both, "README.md").data
    assert isinstance(document, dict)
    for behaviour in document["behaviours"].values():
        (words,) = Behaviour.model_validate(behaviour).promised.values()
        prompt = Path(__file__).parents[2] / "agents/backend-api-developer/tdd.md"
        assert words in prompt.read_text(encoding="utf-8")
    for grader in document["grades"].values():
        TypeAdapter(AnyGrader).validate_python(grader)


def test_every_grader_that_is_named_exists_and_the_other_way_round() -> None:
    table = DOCS.partition("| grader | tells |")[2].partition("\n\n")[0]
    named = set(
        re.findall(r"`(\w+)`", "\n".join(row.split("|")[1] for row in table.splitlines()[2:]))
    )
    schema = TypeAdapter(AnyGrader).json_schema()
    assert named == set(schema["discriminator"]["mapping"])


def test_every_verb_and_option_that_is_named_exists() -> None:
    for verb in re.findall(r"^ +(?:\$ |\S*/)?promptverdict (\w+)", DOCS, re.MULTILINE):
        assert verb in VERBS
    for option in re.findall(r"pytest evals/ .*?--([a-z-]+)", DOCS):
        assert option.replace("-", "_") in (*OPTIONS, "cache_clear")  # pytest's own


def test_the_later_turns_that_are_shown_are_accepted() -> None:
    (turns,) = [block for block in blocks() if "turns:" in block]
    whole = "title: T\ntask: Do it.\ntools: []\n" + turns
    scenario = validate_document(Scenario, parse(whole, "README.md"), "README.md")
    assert len(scenario.turns) == 2
    assert scenario.user is not None


def test_the_configuration_that_is_shown_is_accepted(tmp_path: Path) -> None:
    (tables,) = blocks("toml")
    (tmp_path / "pyproject.toml").write_text(tables, encoding="utf-8")
    settings = resolve(tmp_path, {}, environment={})
    assert settings.parameters.keys() == settings.prices.keys()
    for model in settings.parameters:
        assert settings.parameters[model]["stream"] is True


def test_every_provider_that_is_named_exists_and_the_other_way_round() -> None:
    table = DOCS.partition("| provider | API |")[2].partition("\n\n")[0]
    rows = [row.split("|")[1] for row in table.splitlines()[2:]]
    assert re.findall(r"`([\w-]+)`", "\n".join(rows)) == sorted(
        MODULES, key=lambda name: (name.startswith("relay"), name)
    )


def find_python(name: str) -> str:
    """Find the block of Python that names something."""
    (code,) = [block for block in blocks("python") if name in block]
    return str(code)


def test_the_grader_that_is_shown_grades() -> None:
    names: dict[str, Any] = {}
    exec(compile(find_python("reads_first"), "docs", "exec"), names)
    task = Task(suite="s", scenario="c", variant="a/b", message="Go on.")
    outcomes = [
        names["reads_first"](Evidence(task=task, events=events, outcome=None)).outcome
        for events in (
            (Call(id="1", tool="Read", args={}), Call(id="2", tool="Write", args={})),
            (Call(id="1", tool="Write", args={}),),
            (),
        )
    ]
    assert outcomes == ["pass", "fail", "fail"]


def test_the_python_that_is_shown_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code = find_python("load_run")
    grade = Grade(behaviour="kind", grader="says", finding=passed("yes"))
    run = Run.create(tmp_path / "results", Settings(), {})
    run.save(record(grades=(grade,)))
    run.finish(whole=True)
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    exec(compile(code, "docs", "exec"), names)
    assert names["run"].grades["passed"].tolist() == [1.0]


def test_the_themes_and_the_gate_that_are_shown_are_those_of_a_suite_here() -> None:
    (shown,) = [block for block in blocks() if "themes:" in block]
    document = parse(shown, "README.md").data
    assert isinstance(document, dict)
    suite = load_suite(Path(__file__).parents[2] / "evals/integration-honesty/suite.yaml")
    asked = Suite.model_validate(suite.suite.model_dump() | document)
    assert asked.baseline == suite.suite.baseline
    assert asked.themes.keys() == suite.suite.themes.keys()
    assert asked.gate is not None
