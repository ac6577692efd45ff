"""Whatever a file holds, its reader returns a value or its own error: where, what, what to do."""

from __future__ import annotations

import json
import shutil
import time
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from promptverdict.agents.discovery import find_agents
from promptverdict.comparison.storage import FILE, read_comparisons
from promptverdict.core.errors import (
    EvidenceError,
    HarnessError,
    InputError,
    StaleProbes,
    StaleSolution,
)
from promptverdict.judging.labels import read_labels
from promptverdict.judging.pairwise.storage import PairAnswer
from promptverdict.judging.rubrics import TrialAnswer
from promptverdict.judging.storage import AnswerFile
from promptverdict.recording import yaml_format
from promptverdict.recording.files import Location
from promptverdict.recording.seal import seal_cassette
from promptverdict.runner.audit.recordings import read_recording
from promptverdict.runner.probes import read_reports
from promptverdict.runner.solutions import read_solution
from promptverdict.scenarios.loading import LoadedScenario, load_scenario, load_suite
from promptverdict.scenarios.solution import load_solutions
from promptverdict.settings import resolve
from promptverdict.trials.store import read_manifest
from promptverdict.trials.stored_records import read_record

from tests.properties.contents import contents
from tests.properties.profile import PROFILE

__all__ = ["PROFILE"]

ROOT = Path(__file__).parents[2]
SECONDS = 5.0
"""Of this process, for one file of less than a megabyte: many times what the slowest one takes."""


def find_smallest(pattern: str, count: int = 3) -> list[bytes]:
    """Read the smallest files of this repository that fit a pattern."""
    paths = sorted(ROOT.glob(pattern), key=lambda path: (path.stat().st_size, path))
    return [path.read_bytes() for path in paths[:count]]


@dataclass(frozen=True)
class Reader:
    """One reader: the file that it is given, and what it raises."""

    file: str
    """Relative to the folder of the examples."""
    contents: st.SearchStrategy[bytes]
    read: Callable[[Path], object]
    """Called with the file."""
    errors: tuple[type[HarnessError], ...] = (InputError,)
    named: str = ""
    """What each message names; empty for the file."""


def load_json(content: bytes) -> Any:
    return json.loads(content)


def write_json(tree: Any) -> bytes:
    return json.dumps(tree).encode()


def read_agents(path: Path) -> object:
    """Read one agent file; what cannot be used is a problem, as `promptverdict agents` lists it."""
    found = find_agents([path])
    if found.problems:
        raise InputError(found.problems)
    assert found.variants or found.skipped
    return found


FRONTMATTER = {
    "name": "helper", "description": "Helps: always", "tools": ["Read", "Bash(git *)"],
    "model": "sonnet", "color": "red", "permission": {"edit": "deny", "bash": {"*": "ask"}},
    "mcp-servers": {"wiki": {"tools": ["*"]}}, "mode": "subagent", "temperature": 0.1,
    "permissions": [{"action": "*", "resource": "*", "effect": "deny"}], "disallowedTools": "Task",
    "skills": ["tdd"], "allowed-tools": "Read", "kind": "local", "max_turns": 5, "target": "vscode",
    "applyTo": "**", "infer": True, "mcpServers": {"db": {"command": "x"}}, "hooks": {}, "steps": 3,
}  # fmt: skip
"""Keys of all dialects together."""


def write_agent(tree: Any) -> bytes:
    return b"---\n" + yaml.safe_dump(tree, sort_keys=False).encode() + b"---\nYou help.\n"


def split_agent(_content: bytes) -> Any:
    return FRONTMATTER


AGENTS = [
    write_agent(FRONTMATTER),
    b"---\nname: a\ndescription: b: c <example>\nuser: x\n</example>\ntools: Read\n---\nYou are.\n",
    b"```markdown\n---\nname: a\ntools:\n  - Read\n  write: true\n---\nYou.\n```\n",
]

ABOUT = {"seal": "sha256:0", "baseline": "a", "baseline_seal": "b"}


def read_answers(kind: type[Any], about: dict[str, str]) -> Callable[[Path], object]:
    def read(path: Path) -> object:
        file = AnswerFile(path, about, kind)
        answers, fault = file.read(), file.find_fault()
        assert fault is None or path.name in fault
        return answers, fault

    return read


def read_pyproject(path: Path) -> object:
    return resolve(path.parent, {}, {}, {})


PYPROJECT = b"""\
[tool.promptverdict]
record = "none"
trials = 3
agents = ["agents", "plugins/*/agents"]
max_cost = 1.5
[tool.promptverdict.models]
default = "relay/claude"
[tool.promptverdict.prices."relay/claude"]
input = 3.0
output = 15
[tool.promptverdict.parameters."relay/claude"]
temperature = 0.5
"""


def write_toml(tree: Any) -> bytes:
    """Write a tree as one line of TOML, where TOML has it."""
    return b"tool.promptverdict = " + _format_toml(tree).encode("utf-8", "replace") + b"\n"


def _format_toml(tree: Any) -> str:
    if isinstance(tree, dict):
        pairs = (f"{json.dumps(str(key))} = {_format_toml(value)}" for key, value in tree.items())
        return "{" + ", ".join(pairs) + "}"
    if isinstance(tree, list):
        return "[" + ", ".join(map(_format_toml, tree)) + "]"
    return "nan" if tree is None else json.dumps(tree)


LABELS = [
    b"trial,question,label\nmanners/hello::helper/base#0,Is it kind?,yes\na/b::c/d#1,Is it?,no\n",
    b'\xef\xbb\xbftrial,behaviour,label\r\n"a/b::c/d#0",kind,no\r\n',
]

SUITE = ROOT / "evals/json-contract"
SCENARIO = "links-just-code"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a folder with a suite, and the recordings of one trial."""
    folder = tmp_path_factory.mktemp("properties")
    suite = folder / "suite"
    suite.mkdir()
    for path in (*SUITE.glob("*.yaml"), SUITE / "checks.py"):
        shutil.copy(path, suite / path.name)
    for name in ("cassettes", "files"):
        shutil.copytree(SUITE / name / SCENARIO, suite / name / SCENARIO)
    return folder


@cache
def get_scenario(suite: Path, name: str = SCENARIO) -> LoadedScenario:
    return load_scenario(suite / f"{name}.yaml", load_suite(suite / "suite.yaml"))


def read_suite(path: Path) -> object:
    loaded = load_suite(path)
    return loaded.phrases


def read_scenario(path: Path) -> object:
    return load_scenario(path, get_scenario(SUITE).suite)


def read_solutions(path: Path) -> object:
    return load_solutions(get_scenario(path.parents[2]))


def read_evidence(path: Path) -> object:
    good = find_smallest(f"evals/*/solutions/{SCENARIO}/good.yaml", 1)[0]
    (path.parent / "good.yaml").write_bytes(good)
    loaded = load_solutions(get_scenario(path.parents[2]))
    return read_solution(next(each for each in loaded if each.name == "good"))


def read_probes(path: Path) -> object:
    scenario = get_scenario(ROOT / "evals/ask-first", "toml-by-hand")
    return read_reports(scenario, Location(path.parent, 0), "sha256:0")


def load_stored(content: bytes) -> Any:
    return yaml_format.load(content.decode(), "a stored file")


def write_stored(tree: Any) -> bytes:
    return yaml_format.dump(tree).encode()


STORED = "run-before-the-move"

READERS = {
    "agent": Reader("agent.md", contents(AGENTS, split_agent, write_agent), read_agents),
    "suite": Reader("odd/suite.yaml", contents(find_smallest("evals/*/suite.yaml")), read_suite),
    "scenario": Reader(
        "odd/scenario.yaml", contents(find_smallest("evals/json-contract/*-*.yaml")), read_scenario
    ),
    "solution": Reader(
        f"suite/solutions/{SCENARIO}/good.yaml",
        contents(find_smallest("evals/json-contract/solutions/*/*[!e].yaml")),
        read_solutions,
    ),
    "evidence of a solution": Reader(
        f"suite/solutions/{SCENARIO}/good.evidence.yaml",
        contents(find_smallest("evals/*/solutions/*/*.evidence.yaml"), load_stored, write_stored),
        read_evidence,
        (StaleSolution,),
        "good",
    ),
    "probes": Reader(
        "odd/0.probes.yaml",
        contents(find_smallest("evals/*/cassettes/*/*/*/*.probes.yaml"), load_stored, write_stored),
        read_probes,
        (StaleProbes,),
        "probe-stale",
    ),
    "judge": Reader(
        "odd/0.judge.yaml",
        contents(find_smallest("evals/*/cassettes/*/*/*/*.judge.yaml"), load_stored, write_stored),
        read_answers(TrialAnswer, {"seal": "sha256:0"}),
        (),
    ),
    "pairs": Reader(
        "odd/0.pairs.yaml",
        contents(find_smallest("tests/data/*.pairs.yaml"), load_stored, write_stored),
        read_answers(PairAnswer, ABOUT),
        (),
    ),
    "labels": Reader("odd/labels.csv", contents(LABELS, lambda _: [], write_json), read_labels),
    "settings": Reader(
        "odd/pyproject.toml",
        contents(
            [PYPROJECT],
            lambda content: tomllib.loads(content.decode())["tool"]["promptverdict"],
            write_toml,
        ),
        read_pyproject,
        named="pyproject",
    ),
    "record": Reader(
        "odd/0.json",
        contents(find_smallest(f"tests/data/{STORED}/trials/*.json"), load_json, write_json),
        read_record,
    ),
    "manifest": Reader(
        "odd/run.json",
        contents(find_smallest(f"tests/data/{STORED}/run.json"), load_json, write_json),
        lambda path: read_manifest(path.parent),
    ),
    "comparison": Reader(
        f"odd/{FILE}",
        contents(find_smallest(f"tests/data/{STORED}/{FILE}"), load_json, write_json),
        lambda path: read_comparisons(path.parents[1]),
    ),
}


@pytest.mark.parametrize("name", READERS)
@given(data=st.data())
def test_a_reader_returns_a_value_or_its_own_error(
    place: Path, name: str, data: st.DataObject
) -> None:
    reader = READERS[name]
    path = place / reader.file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data.draw(reader.contents))
    check_reader(reader, path)


def read_recorded(name: str) -> Any:
    """Read one of the two trees of a small recording; its long prompt cut, which nobody reads."""
    (path,) = (SUITE / "cassettes" / SCENARIO / "backend-developer.structured").glob(
        f"*/0.{name}.yaml"
    )
    text = path.read_text(encoding="utf-8")
    tree = yaml_format.load(text.partition("\n")[2] if name == "http" else text, name)
    for interaction in tree.get("interactions", ()):
        body = interaction["request"].get("json", {})
        body["system"] = str(body.get("system", ""))[:50]
    return tree


HTTP, WORLD = (write_stored(read_recorded(name)) for name in ("http", "world"))


def spoil_answer(body: dict[str, Any]) -> bytes:
    """Write the small recording with another body of its first answer."""
    tree = read_recorded("http")
    tree["interactions"][0]["response"]["body"] = body
    return write_stored(tree)


CASSETTES = contents([HTTP], load_stored, write_stored)
WORLDS = contents([WORLD], load_stored, write_stored)
PAIRS = st.tuples(CASSETTES, st.just(WORLD)) | st.tuples(st.just(HTTP), WORLDS)


def check_recording(place: Path, http: bytes, world: bytes, *, sealed: bool) -> None:
    """Read a recording that holds two texts, sealed as anybody can or as they are."""
    folder = place / f"suite/cassettes/{SCENARIO}/backend-developer.structured/relay-claude"
    if sealed:
        texts = [content.decode("utf-8", "replace") for content in (http, world)]
        http, world = seal_cassette(*texts)[1].encode(), texts[1].encode()
    location, scenario = Location(folder, 0), get_scenario(place / "suite")
    location.http.write_bytes(http)
    location.world.write_bytes(world)

    def read(_path: Path) -> object:
        return read_recording(scenario, location).model_dump_json()

    check_reader(Reader("", CASSETTES, read, (EvidenceError,), "0."), location.http)


@given(data=st.data(), sealed=st.sampled_from([True, True, True, False]))
def test_a_recording_is_read_or_refused_whoever_sealed_it(
    place: Path, data: st.DataObject, *, sealed: bool
) -> None:
    check_recording(place, *data.draw(PAIRS), sealed=sealed)


@pytest.mark.parametrize(
    "body",
    [
        {"string": "no answer of a model"},
        {"json": {"type": "message"}, "encoding": "ascii"},
        {"json": {"type": "error", "error": {"type": "overloaded_error"}}, "encoding": "compact"},
    ],
)
def test_a_sealed_answer_that_no_provider_gave_is_a_broken_recording(
    place: Path, body: dict[str, Any]
) -> None:
    check_recording(place, spoil_answer(body), WORLD, sealed=True)


@pytest.mark.parametrize("model", ["nobody/claude", "\ufffdrelay/claude", "", "/", "claude"])
def test_a_sealed_recording_of_a_model_of_nobody_is_a_broken_recording(
    place: Path, model: str
) -> None:
    tree = read_recorded("http")
    tree["metadata"]["recording"]["provenance"]["model"] = model
    check_recording(place, write_stored(tree), WORLD, sealed=True)


def check_reader(reader: Reader, path: Path) -> None:
    """Fail for any other error than a reader's own, for one without a cure, and for a long time."""
    started = time.process_time()
    try:
        reader.read(path)
    except reader.errors as error:
        check_message(error, reader.named or path.name)
    assert time.process_time() - started < SECONDS


def check_message(error: HarnessError, named: str) -> None:
    """Fail for a message that does not say in three lines at most where, what, and what to do."""
    if isinstance(error, InputError):
        assert error.problems
        for problem in error.problems:
            assert named in problem.where
            assert problem.found.strip()
            assert problem.cure.strip()
            assert str(problem).count("\n") <= 2, str(problem)
        return
    first, *cure = str(error).split("\n")
    assert named in first
    assert 1 <= len(cure) <= 2, str(error)
