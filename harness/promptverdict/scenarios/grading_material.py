"""What grades a suite's trials, as lines that no agent may read.

suite.yaml, the scenarios, checks.py, the probes and the solutions. Whatever is in a scenario's
task, its user's turns, its script, its MCP servers or its workspace is given to an agent on
purpose, and is left out. What solutions did when they were run is left out too: commands print the
same to an agent.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from promptverdict.core.errors import InputError, Problem
from promptverdict.core.files import describe_read_error, read_regular_file
from promptverdict.core.paths import display_path
from promptverdict.scenarios.checks_file import CHECKS_FILE
from promptverdict.scenarios.discovery import list_scenarios
from promptverdict.scenarios.mcp import list_mcp_texts
from promptverdict.scenarios.scenario import Scenario
from promptverdict.scenarios.workspace_files import MAX_FILE_BYTES, read_tree
from promptverdict.trials.evidence import Reply
from promptverdict.trials.integrity import Phrase, PhraseIndex, list_phrases

_EVIDENCE = ".evidence.yaml"


def build_phrase_index(folder: Path) -> PhraseIndex:
    """Build the index of all that grades the suite in a folder.

    Raises InputError for what cannot be read.
    """
    phrases = list(_list_material(folder))
    given = set().union(*map(PhraseIndex(phrases).find, _list_workspace_texts(folder)))
    return PhraseIndex(phrase for phrase in phrases if phrase not in given)


def list_given_texts(scenario: Scenario) -> Iterator[str]:
    """List the texts of a scenario that its agent gets to see."""
    yield scenario.task
    for turn in scenario.turns:
        yield turn.say if isinstance(turn, Reply) else turn
    script = scenario.script
    yield from (page.text for page in script.pages)
    yield from (answer.text for answer in script.searches)
    yield from (answer.text for answer in script.tasks)
    yield from (answer.text for answer in script.questions)
    yield from list_mcp_texts(scenario.mcp)


def _list_material(folder: Path) -> Iterator[Phrase]:
    for path in sorted(folder.glob("*.yaml")):
        yield from list_phrases(_read(path), path.name, can_be_said=True)
    checks = folder / CHECKS_FILE
    if checks.is_file():
        yield from list_phrases(_read(checks), CHECKS_FILE, can_be_said=True)
    for path in _walk(folder / "probes"):
        yield from list_phrases(_read(path), path.relative_to(folder).as_posix())
    for path in _walk(folder / "solutions"):
        if not path.name.endswith(_EVIDENCE):
            source = path.relative_to(folder).as_posix()
            yield from list_phrases(_read(path), source, is_attempt=True)


def _list_workspace_texts(folder: Path) -> Iterator[str]:
    for path in list_scenarios(folder):
        for node in read_tree(folder / "files" / path.stem).values():
            if node.kind == "file":
                yield node.content.decode("utf-8", "replace")


def _walk(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            yield path


def _read(path: Path) -> str:
    try:
        # A probe may be a binary; what is text in it is looked for all the same.
        return read_regular_file(path, MAX_FILE_BYTES).decode("utf-8", "replace")
    except OSError as error:
        found = f"cannot be read: {describe_read_error(error)}"
        raise InputError([Problem(display_path(path), found, "check its permissions")]) from error
