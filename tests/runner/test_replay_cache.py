"""An earlier record stands for a replay only where all its inputs are the same, to the byte."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from promptverdict.pytest_plugin.session import EvalSession
from promptverdict.runner import replay_cache, replay_inputs, trial
from promptverdict.runner.replay_cache import FILE, FOLDER, ReplayCache
from promptverdict.scenarios.discovery import list_scenarios
from promptverdict.settings import resolve

from tests.fakes import write
from tests.recorded import record_project

CHECKS = """\
from promptverdict.trials.grade import passed


def greets(evidence):
    return passed("it did")
"""
PROJECT = {
    "pyproject.toml": """\
        [tool.promptverdict]
        sandbox = "none"
        [tool.promptverdict.models]
        default = "relay/scripted"
        """,
    "agents/helper/base.md": "You are kind.",
    "evals/manners/suite.yaml": """\
        title: Manners
        variants: [helper/base]
        behaviours:
          kind: {says: It is kind}
          greets: {says: It greets}
        """,
    "evals/manners/checks.py": CHECKS,
    "evals/manners/hello.yaml": """\
        title: A greeting
        task: Say hello.
        tools: []
        grades:
          kind: {type: says, all_of: [Hello]}
          greets: {type: custom, function: greets}
        """,
    "evals/manners/files/hello/README.md": "# Hello\n",
    "evals/manners/solutions/hello/good/answer.md": "Hello.\n",
}
PRICE = '"relay/scripted" = {input = 1, output = 1, as_of = "2026-01-01"}'
RECORDING = "evals/manners/cassettes/hello/helper.base/relay-scripted/0"


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = write(tmp_path_factory.mktemp("recorded"), PROJECT)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)
        record_project(root)
    shutil.rmtree(root / "results")
    return root


@pytest.fixture
def root(recorded: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = tmp_path / "project"
    shutil.copytree(recorded, root, symlinks=True)
    monkeypatch.chdir(root)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return root


@pytest.fixture
def played(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The trials that were really replayed."""
    names: list[str] = []
    real = trial.replay_trial

    def replay(each: Any, *more: Any) -> Any:
        names.append(each.id)
        return real(each, *more)

    monkeypatch.setattr(trial, "replay_trial", replay)
    return names


def run(
    root: Path, *, is_cache_cleared: bool = False, worker: str | None = None, **given: Any
) -> dict[str, Any]:
    """Run all cells as a session does; return the stored records, without what took how long."""
    settings = resolve(root, given)
    session = EvalSession(
        settings, root, agents_by_hand=False, worker=worker, is_cache_cleared=is_cache_cleared
    )
    paths = list_scenarios(root / "evals/manners")
    cells = [cell for path in paths for cell in session.reader.select_cells(path).cells]
    session.planned.set_cells(cells)
    session.start(print)
    for cell in cells:
        session.finish_cell(cell, print)
    session.close()
    assert session.folder
    records = [json.loads(path.read_text()) for path in session.folder.glob("trials/*.json")]
    # The seal of a record holds what took how long, too.
    return {record["key"]: record | {"seconds": 0, "seal": None} for record in records}


def append(name: str, text: str = "\n") -> Callable[[Path], None]:
    def edit(root: Path) -> None:
        with (root / name).open("a") as file:
            file.write(text)

    return edit


def test_a_second_run_replays_nothing_and_stores_the_same(root: Path, played: list[str]) -> None:
    first = run(root)
    assert len(played) == len(first) == 1
    assert first == run(root)
    assert len(played) == 1
    assert (root / "results" / FOLDER / ".gitignore").read_text() == "*\n"


EDITS: dict[str, Callable[[Path], None]] = {
    "recording": append(f"{RECORDING}.http.yaml"),
    "world": append(f"{RECORDING}.world.yaml"),
    "probes": append(f"{RECORDING}.probes.yaml"),
    "judge": append(f"{RECORDING}.judge.yaml"),
    "agent": append("agents/helper/base.md", "Always."),
    "suite": append("evals/manners/suite.yaml"),
    "scenario": append("evals/manners/hello.yaml"),
    "another scenario": append("evals/manners/other.yaml", "title: A\ntask: B\n"),
    "checks": append("evals/manners/checks.py"),
    "workspace": append("evals/manners/files/hello/README.md"),
    "mode": lambda root: (root / "evals/manners/files/hello/README.md").chmod(0o755),
    "probe": append("evals/manners/probes/shared.py"),
    "solution": append("evals/manners/solutions/hello/good/answer.md"),
    "conftest": append("conftest.py"),
    "settings": append("pyproject.toml", f"[tool.promptverdict.prices]\n{PRICE}"),
}


def test_an_edit_of_any_input_is_replayed(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (root / "evals/manners/probes").mkdir()
    run(root)
    shutil.copytree(root, tmp_path / "whole")
    for name, edit in EDITS.items():
        edit(root)
        assert len(recall(root)) == 0, name
        shutil.rmtree(root)
        shutil.copytree(tmp_path / "whole", root)
        monkeypatch.chdir(root)
        assert len(recall(root)) == 1, f"{name} put back"


def recall(root: Path, **given: Any) -> list[Any]:
    """List the records that would be repeated, of the scenario `hello`."""
    session = EvalSession(resolve(root, given), root, agents_by_hand=False)
    (cell,) = session.reader.select_cells(root / "evals/manners/hello.yaml").cells
    return [decision.known for decision in session.planned.decide(cell) if decision.known]


def test_another_python_product_or_library_is_an_input(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(root)
    assert len(recall(root)) == 1
    for place, name, value in [
        (sys, "version", "3.99"),
        (replay_inputs, "__version__", "9.9"),
        (replay_inputs, "_hash_package", lambda: "edited"),
        (replay_inputs, "_list_installed", lambda: ["yaml-9.dist-info"]),
    ]:
        with monkeypatch.context() as patch:
            patch.setattr(place, name, value)
            assert recall(root) == [], name
    assert recall(root, promise="kind") == []
    assert len(recall(root)) == 1


def test_what_an_input_cannot_be_hashed_of_is_replayed(root: Path, played: list[str]) -> None:
    os.mkfifo(root / "evals/manners/files/pipe")
    run(root)
    run(root)
    assert len(played) == 2


@pytest.mark.parametrize(
    "line",
    [
        "import os",
        "from pathlib import Path",
        "open",
        "__builtins__",
        "from . import x",
        "import a",
    ],
)
def test_a_grader_that_may_look_elsewhere_is_always_asked(
    root: Path, played: list[str], line: str
) -> None:
    with (root / "evals/manners/checks.py").open("a") as file:
        file.write(f"\n\ndef _other():\n    {line}\n")
    run(root)
    run(root)
    assert len(played) == 2


def test_a_cache_that_was_tampered_with_is_passed_over(root: Path, played: list[str]) -> None:
    expected = run(root)
    path = root / "results" / FOLDER / FILE
    whole = path.read_text()
    signature, key, inputs, text = whole.split(" ", 3)
    forged = text.replace('"outcome":"pass"', '"outcome":"fail"')
    assert forged != text
    signed = f"{key} {inputs} {forged.strip()}"
    by_another = hmac.digest(b"another key".ljust(32), signed.encode(), hashlib.sha256).hex()
    for name, content in {
        "forged": f"{signature} {signed}\n",
        "signed by another": f"{by_another} {signed}\n",
        "cut off": whole[: len(whole) // 2],
        "inputs of another": whole.replace(inputs, "0" * 64),
        "empty": "",
        "no text": "\x00\ufffd\n" * 50,
        "twice": f"{whole}{signature} {signed}\n",
    }.items():
        path.write_text(content)
        before = len(played)
        assert run(root) == expected, name
        assert len(played) == before + 1, name
        assert run(root) == expected, f"after {name}"
        assert len(played) == before + 1, f"after {name}"


def test_workers_write_files_of_their_own_which_the_next_run_joins(
    root: Path, played: list[str]
) -> None:
    folder = root / "results" / FOLDER
    expected = run(root, worker="gw0")
    assert [path.name for path in folder.glob(f"{FILE}*")] == [f"{FILE}.gw0"]
    assert run(root, worker="gw1") == run(root) == expected
    assert len(played) == 1
    # What one worker did not see this time, another did: its file keeps what it held.
    append("evals/manners/suite.yaml")(root)
    run(root, worker="gw1")
    assert len(played) == 2
    whole = (folder / f"{FILE}.gw0").read_bytes()
    (folder / f"{FILE}.gw1").write_bytes(whole.replace(whole[65:81], b"0" * 16))
    run(root, worker="gw1", is_cache_cleared=True)
    assert (folder / f"{FILE}.gw1").read_bytes().count(b"\n") == 2
    run(root, is_cache_cleared=True)
    assert [path.name for path in folder.glob(f"{FILE}*")] == [FILE]
    run(root)
    assert len(played) == 4


def test_a_folder_that_cannot_be_looked_into_keeps_no_run_from_replaying(
    root: Path, played: list[str]
) -> None:
    (root / "results").mkdir()
    (root / "results" / FOLDER).symlink_to(FOLDER)
    assert run(root) == run(root)
    assert len(played) == 2


def test_a_run_of_more_records_than_fit_keeps_the_first(
    root: Path, played: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replay_cache, "MAX_BYTES", 100)
    run(root)
    run(root)
    assert len(played) == 2
    assert not (root / "results" / FOLDER / FILE).exists()


def test_cache_clear_replays_and_keeps_the_new_record(root: Path, played: list[str]) -> None:
    run(root)
    run(root, is_cache_cleared=True)
    assert len(played) == 2
    run(root)
    assert len(played) == 2


def test_nothing_is_repeated_where_something_is_recorded(root: Path, played: list[str]) -> None:
    run(root)
    run(root, record="once")
    assert len(played) == 2


def test_without_a_key_of_ones_own_every_run_replays(
    root: Path, played: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(root / "pyproject.toml"))
    run(root)
    run(root)
    assert len(played) == 2
    assert not (root / "results" / FOLDER).exists()


def test_a_fault_is_looked_into_each_time(root: Path, played: list[str]) -> None:
    path = root / f"{RECORDING}.http.yaml"
    path.write_text(path.read_text().replace("Hello.", "Hallo."))
    (record,) = run(root).values()
    assert record["fault"]["kind"] == "BrokenRecording"
    assert not (root / "results" / FOLDER / FILE).exists()


def test_a_folder_of_results_that_cannot_be_read_is_an_empty_cache(tmp_path: Path) -> None:
    (tmp_path / "results").symlink_to("results")
    cache = ReplayCache(resolve(tmp_path, {}), tmp_path)
    assert cache._known == {}
