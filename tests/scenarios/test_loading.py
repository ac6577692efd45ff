"""Suites and scenarios are read whole or not at all, and every mistake is told where it is."""

from __future__ import annotations

from pathlib import Path

import pytest
from promptverdict.cli.schema import SCHEMAS, render_schema
from promptverdict.core.errors import InputError
from promptverdict.scenarios.loading import (
    LoadedScenario,
    LoadedSuite,
    load_scenario,
    load_suite,
)
from promptverdict.scenarios.scenario import GitSetup
from promptverdict.scenarios.workspace_files import read_tree
from promptverdict.trials.toolset import NAMES
from promptverdict.trials.tree import Node

from tests.fakes import write

EVALS = Path(__file__).parents[2] / "evals"
SUITES = sorted(EVALS.glob("*/suite.yaml"))
SCENARIOS = sorted(
    path for suite in SUITES for path in suite.parent.glob("*.yaml") if path.name != "suite.yaml"
)

SUITE = """\
title: Manners
description: Is the agent polite?
variants: [helper/base, helper/terse]
baseline: helper/base
trials: 3
behaviours:
  kind:
    says: It is kind
    weak: [helper/base]
  brief: {says: It is brief, control: true}
"""

SCENARIO = """\
title: A greeting
task: |
  Say hello.
tools: [Read, Bash]
behaviours: [kind]
"""


@pytest.fixture(autouse=True)
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


CHECKS = """\
from promptverdict.trials.grade import passed


def is_kind(evidence):
    return passed("it is")


def _helper():
    pass


ANSWER = 42
"""


def suite(root: Path, content: str = SUITE) -> LoadedSuite:
    return load_suite(
        write(root, {"evals/manners/suite.yaml": content}) / "evals/manners/suite.yaml"
    )


def scenario(root: Path, content: str = SCENARIO, suite_: str = SUITE) -> LoadedScenario:
    path = write(root, {"evals/manners/hello.yaml": content}) / "evals/manners/hello.yaml"
    return load_scenario(path, suite(root, suite_))


def told(error: InputError) -> list[str]:
    """Give each problem, and its cure after a bar."""
    return [f"{problem.where}: {problem.found} | {problem.cure}" for problem in error.problems]


def suite_problems(root: Path, content: str) -> list[str]:
    with pytest.raises(InputError) as caught:
        suite(root, content)
    return told(caught.value)


def scenario_problems(root: Path, content: str) -> list[str]:
    with pytest.raises(InputError) as caught:
        scenario(root, content)
    return told(caught.value)


def test_a_suite_is_its_folder(root: Path) -> None:
    loaded = suite(root)
    assert loaded.id == "manners"
    assert loaded.suite.variants == ("helper/base", "helper/terse")
    assert (loaded.suite.baseline, loaded.suite.trials) == ("helper/base", 3)
    assert list(loaded.suite.behaviours) == ["kind", "brief"]


def test_a_scenario_is_its_file_with_what_lies_beside_it(root: Path) -> None:
    write(
        root,
        {
            "evals/manners/files/hello/README.md": "# Hello\n",
            "evals/manners/files/hello/app/a.py": "x = 1\n",
            "evals/manners/files/other/b.py": "x = 2\n",
        },
    )
    loaded = scenario(root)
    assert (loaded.id, loaded.suite.id) == ("hello", "manners")
    assert loaded.scenario.task == "Say hello.\n"
    assert sorted(loaded.workspace) == ["README.md", "app/a.py"]
    folder = root / "evals/manners"
    assert loaded.probes_folder == folder / "probes"
    assert loaded.cassettes == folder / "cassettes/hello"


def test_a_behaviour_that_is_required_needs_a_grader(root: Path) -> None:
    without = SCENARIO.replace("behaviours: [kind]", "behaviours: [brief]")
    with pytest.raises(
        InputError, match="brief is required of a variant, and nothing here grades it"
    ):
        scenario(root, without)


def test_a_scenario_needs_no_files(root: Path) -> None:
    assert scenario(root).workspace == {}


def test_what_is_not_written_has_a_default(root: Path) -> None:
    loaded = scenario(root, "title: T\ntask: Do it\ntools: []\n").scenario
    assert (loaded.turns, loaded.probes, loaded.behaviours, loaded.tags) == ((), (), (), ())
    assert loaded.setup.git is None
    assert (loaded.limits.turns, loaded.limits.calls) == (40, 100)
    assert suite(root, "title: T\n").suite.trials == 1


def test_an_empty_mapping_takes_the_defaults_inside(root: Path) -> None:
    loaded = scenario(root, SCENARIO + "setup: {git: {}}\n").scenario
    assert loaded.setup.git == GitSetup(message="Initial commit", branch="main")


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("variants: [a/b]\n", "1: title: this key is missing | see `promptverdict schema suite`"),
        (SUITE + "baselin: x\n", "11: baselin: unknown key | did you mean baseline?"),
        (SUITE + "verdict: strict\n", "11: verdict: unknown key | known keys: title, description,"),
        (
            "title: T\nvariants: a/b\n",
            "2: variants: a list is expected, found 'a/b' | Agents (agent",
        ),
        ("title: T\ntrials: 0\n", "2: trials: 1 or more is expected, found"),
        ("title: T\ntrials: many\n", "2: trials: a whole number is expected, found 'many'"),
        ("title: ''\n", "1: title: some text is expected, found ''"),
        (
            "title: T\nbehaviours:\n  Be kind: {says: x}\n",
            "3: behaviours.Be kind: text that matches ^[a-z0-9][a-z0-9._-]{0,99}$ is expected",
        ),
        (
            "title: T\nbehaviours: [kind]\n",
            "2: behaviours: a mapping of keys is expected, found ['kind'] | The behaviours",
        ),
        (
            "title: T\nbehaviours:\n  kind: It is kind\n",
            "3: behaviours.kind: a mapping of keys is expected, found 'It is kind' | The",
        ),
        (
            "title: T\nbehaviours:\n  kind: {control: true}\n",
            "3: behaviours.kind.says: this key is missing | What it is, in one sentence",
        ),
        (
            "title: T\nbehaviours:\n  kind:\n    says: x\n    promise: {a/b: x}\n",
            "5: behaviours.kind.promise: unknown key | did you mean promised?",
        ),
        (
            "title: T\nbehaviours:\n  kind: {says: x, promised: [a/b]}\n",
            "3: behaviours.kind.promised: a mapping of keys is expected, found ['a/b'] | Variant",
        ),
        ("title: T\nrequire: 0\n", "2: require: more than 0 is expected, found '0' | Share"),
        (
            "title: T\nknown_failing:\n  - {cell: 'hello::a/b'}\n",
            "3: known_failing[0].reason: this key is missing | Why it fails",
        ),
        (
            "title: T\nvariants: [a/b, a/c]\nbaseline: a/d\n",
            "3: baseline: a/d is not in variants | name one of a/b, a/c",
        ),
        ("- title: T\n", " a mapping of keys is expected | see `promptverdict schema suite`"),
    ],
)
def test_a_mistake_in_a_suite_is_told(root: Path, content: str, problem: str) -> None:
    (found,) = suite_problems(root, content)
    assert found.startswith(f"evals/manners/suite.yaml:{problem}")


def test_a_baseline_may_be_any_variant_where_none_are_listed(root: Path) -> None:
    assert suite(root, "title: T\nbaseline: a/b\n").suite.baseline == "a/b"


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("title: T\ntask: Do\n", "1: tools: this key is missing | Tools that may be offered;"),
        ("title: T\ntools: []\n", "1: task: this key is missing | The user's first message"),
        (SCENARIO + "tool: [Read]\n", "6: tool: unknown key | did you mean tools?"),
        (SCENARIO + "graders: []\n", "6: graders: unknown key | did you mean grades?"),
        (SCENARIO + "model: x\n", "6: model: unknown key | known keys: title, description,"),
        (
            "title: T\ntask: Do\ntools: [Read, Bsh]\n",
            "3: tools[1]: there is no tool Bsh; did you mean Bash? | Tools that may be",
        ),
        (
            "title: T\ntask: Do\ntools: [read]\n",
            "3: tools[0]: there is no tool read; did you mean Read?",
        ),
        (
            "title: T\ntask: Do\ntools:\n  - Read\n  - Kubernetes\n",
            f"5: tools[1]: there is no tool Kubernetes; known are {', '.join(NAMES)}",
        ),
        ("title: T\ntask: Do\ntools: Read\n", "3: tools: a list is expected, found 'Read' | Tools"),
        ("title: T\ntask: ''\ntools: []\n", "2: task: some text is expected, found"),
        ("title: T\ntask: [Do]\ntools: []\n", "2: task: text is expected, found"),
        (
            SCENARIO.replace("[kind]", "[kind, rude]"),
            "5: behaviours[1]: rude is not a behaviour of this suite |"
            " evals/manners/suite.yaml has kind, brief",
        ),
        (SCENARIO + "tags: [Slow]\n", "6: tags[0]: text that matches ^[a-z][a-z0-9_]*$"),
        (SCENARIO + "tags: [not-first]\n", "6: tags[0]: text that matches"),
        (SCENARIO + "tags: slow\n", "6: tags: a list is expected, found 'slow' | pytest markers"),
        (SCENARIO + "limits: {turn: 3}\n", "6: limits.turn: unknown key | did you mean turns?"),
        (SCENARIO + "limits: 3\n", "6: limits: a mapping of keys is expected, found '3' | When"),
        (SCENARIO + "limits:\n  turns: few\n", "7: limits.turns: a whole number is expected"),
        (SCENARIO + "turns: Thanks\n", "6: turns: a list is expected, found 'Thanks' | Later user"),
        (
            SCENARIO + "setup:\n  git:\n    mesage: x\n",
            "8: setup.git.mesage: unknown key | did you mean message?",
        ),
        (SCENARIO + "setup:\n  git:\n", "7: setup.git: a mapping of keys is expected, found ''"),
        (SCENARIO + "probes:\n  - name: p\n", "7: probes[0].run: this key is missing | Command"),
        (
            SCENARIO + "probes:\n  - {name: p, run: x, trees: all}\n",
            "7: probes[0].trees: 'final' or 'every' is expected, found 'all' | Run on the tree",
        ),
        (
            SCENARIO + "probes:\n  - name: p\n    run: x\n    timeout: 601\n",
            "9: probes[0].timeout: 600 or less is expected, found '601'",
        ),
        (
            SCENARIO + "grades:\n  kind: {type: custm, function: is_kind}\n",
            "7: grades.kind.type: ",
        ),
        (
            SCENARIO + "grades:\n  kind:\n    type: custom\n    func: is_kind\n",
            "7: grades.kind.function: this key is missing | Name of the function",
        ),
        (SCENARIO + "grades: [kind]\n", "6: grades: a mapping of keys is expected, found ['kind']"),
        (
            SCENARIO + "grades:\n  brief: {type: custom, function: is_kind}\n",
            "7: grades.brief: the scenario does not exercise this behaviour | add it to behaviours",
        ),
        (
            SCENARIO + "grades:\n  kind: {type: custom, function: is_rude}\n",
            "7: grades.kind: there is no function is_rude | evals/manners/checks.py has is_kind",
        ),
        (
            SCENARIO + "script:\n  pages:\n    - url: https://example.org\n",
            "8: script.pages[0].text: this key is missing | What the world outside",
        ),
        (SCENARIO + "title: again\n", "6: `title` is already given in line 1 | keep one of lines"),
        ("", "1: there is nothing in it | write at least one `key: value`"),
        ("title: [T\n", "1: a [ or { that is not closed, or one in a text | close it, or use"),
    ],
)
def test_a_mistake_in_a_scenario_is_told(root: Path, content: str, problem: str) -> None:
    write(root, {"evals/manners/checks.py": CHECKS})
    found = scenario_problems(root, content)[0]
    assert found.startswith(f"evals/manners/hello.yaml:{problem}")
    assert not found.endswith("| ")


def test_a_scenario_that_lists_no_behaviours_exercises_those_it_grades(root: Path) -> None:
    content = SCENARIO.replace("behaviours: [kind]\n", "")
    graded = content + "grades:\n  NAME: {type: custom, function: is_kind}\n"
    write(root, {"evals/manners/suite.yaml": SUITE, "evals/manners/checks.py": CHECKS})
    path = root / "evals/manners/hello.yaml"
    suite = load_suite(root / "evals/manners/suite.yaml")
    path.write_text(graded.replace("NAME", "kind"))
    assert load_scenario(path, suite).scenario.behaviours == ("kind",)
    path.write_text(content)
    assert load_scenario(path, suite).scenario.behaviours == ()
    (problem,) = scenario_problems(root, graded.replace("NAME", "rude"))
    assert problem.startswith(
        "evals/manners/hello.yaml:6: grades.rude: rude is not a behaviour of this suite"
    )


def test_all_mistakes_of_a_scenario_are_told_together(root: Path) -> None:
    content = "task: Do\ntools: [Raed]\ntag: [x]\nlimits: {calls: x}\n"
    assert [problem.split(":")[1] for problem in scenario_problems(root, content)] == [
        "1",
        "2",
        "4",
        "3",
    ]
    both = scenario_problems(root, SCENARIO.replace("[kind]", "[rude, loud]"))
    assert ["rude" in problem or "loud" in problem for problem in both] == [True, True]


def test_the_suites_own_graders_are_the_public_functions_that_its_file_defines(
    root: Path,
) -> None:
    write(root, {"evals/manners/checks.py": CHECKS})
    content = SCENARIO + "grades:\n  kind: {type: custom, function: is_kind}\n"
    assert list(scenario(root, content).suite.checks) == ["is_kind"]
    assert suite(write(root, {"evals/manners/checks.py": ""})).checks == {}


@pytest.mark.parametrize("text", ["def is_kind(:\n", "import nothing_of_that_name\n", "1 / 0\n"])
def test_a_file_of_graders_that_cannot_be_imported_is_told(root: Path, text: str) -> None:
    write(root, {"evals/manners/checks.py": text})
    content = SCENARIO + "grades:\n  kind: {type: custom, function: is_kind}\n"
    (found,) = scenario_problems(root, content)
    assert found.startswith("evals/manners/checks.py: ")
    assert "Error: " in found


@pytest.mark.parametrize("name", ["none.yaml", "folder.yaml", "latin.yaml"])
def test_a_file_that_cannot_be_read_is_told(root: Path, name: str) -> None:
    (root / "folder.yaml").mkdir()
    (root / "latin.yaml").write_bytes(b"title: caf\xe9\n")
    with pytest.raises(InputError) as caught:
        load_suite(root / name)
    (problem,) = told(caught.value)
    assert name in problem


def test_a_file_that_is_no_utf8_is_told_as_seen_from_here(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded = suite(root)
    monkeypatch.chdir(root)
    for name in ("hello.yaml", "suite.yaml"):
        path = loaded.folder / name
        path.write_bytes(b"title: caf\xe9\n")
        with pytest.raises(InputError) as caught:
            load_suite(path) if name == "suite.yaml" else load_scenario(path, loaded)
        assert caught.value.problems[0].where.partition(":")[0] == f"evals/manners/{name}"


def test_a_tree_is_read_with_its_links_and_modes_and_without_caches(root: Path) -> None:
    write(
        root,
        {
            "w/a.py": "x = 1\n",
            "w/run.sh": "#!/bin/sh\n",
            "w/app/__pycache__/a.pyc": "",
            "w/app/.env": "",
        },
    )
    (root / "w/run.sh").chmod(0o755)
    (root / "w/a.py").chmod(0o600)
    (root / "w/link").symlink_to("a.py")
    (root / "w/folder").symlink_to("app")
    (root / "w/empty").mkdir()
    assert read_tree(root / "w") == {
        "a.py": Node("file", b"x = 1\n", 0o644),
        "app/.env": Node("file", b"", 0o644),
        "folder": Node("link", b"app", 0o777),
        "link": Node("link", b"a.py", 0o777),
        "run.sh": Node("file", b"#!/bin/sh\n", 0o755),
    }
    assert read_tree(root / "none") == {}


@pytest.mark.parametrize("path", SUITES, ids=lambda path: path.parent.name)
def test_the_suites_of_this_repository_can_be_read(path: Path) -> None:
    loaded = load_suite(path)
    assert loaded.suite.behaviours
    assert loaded.suite.baseline in loaded.suite.variants


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_the_scenarios_of_this_repository_can_be_read(path: Path) -> None:
    loaded = load_scenario(path, load_suite(path.with_name("suite.yaml")))
    assert loaded.scenario.behaviours
    assert loaded.workspace
    for probe in loaded.scenario.probes:
        script = probe.run.removeprefix("python3 /probes/").partition(" ")[0]
        assert (loaded.probes_folder / script).is_file()


def test_there_are_suites_and_scenarios_in_this_repository() -> None:
    assert len(SUITES) >= 3
    assert len(SCENARIOS) >= len(SUITES)


@pytest.mark.parametrize("kind", SCHEMAS)
def test_the_schemas_that_editors_use_are_up_to_date(kind: str) -> None:
    assert (EVALS / f"{kind}.schema.json").read_text(encoding="utf-8") == render_schema(kind)


@pytest.mark.parametrize("path", [*SUITES, *SCENARIOS], ids=lambda path: path.stem)
def test_every_file_names_the_schema_that_its_editor_is_to_use(path: Path) -> None:
    kind = "suite" if path.name == "suite.yaml" else "scenario"
    first = path.read_text(encoding="utf-8").partition("\n")[0]
    assert first == f"# yaml-language-server: $schema=../{kind}.schema.json"


@pytest.mark.parametrize("name", ["a::b", "a%41 100%", "\x1b[31mred", "Loud"])
def test_a_suites_folder_has_a_name_that_can_be_an_id(tmp_path: Path, name: str) -> None:
    write(tmp_path, {f"{name}/suite.yaml": "title: T\n"})
    with pytest.raises(InputError, match="cannot be a suite's id\n  rename it: lower-case"):
        load_suite(tmp_path / name / "suite.yaml")
