"""What an agent did, in numbers that no grader asks for: one trial's descriptive measures.

They are compared like all else, and are only ever a reason to look: nothing here is good or bad.
What is unknown is None, never zero: every measure of a trial that broke off, tokens nobody counted.
"""

from __future__ import annotations

import posixpath
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from promptverdict.core.errors import BrokenRecording
from promptverdict.graders.reading.sentences import list_sentences
from promptverdict.guest.treehash import counts
from promptverdict.trials.evidence import Evidence
from promptverdict.trials.metrics import (
    count_calls,
    count_files_changed,
    count_test_runs,
    count_turns,
    sum_usage,
)
from promptverdict.trials.record import TrialRecord
from promptverdict.trials.tool_arguments import ARGUMENTS
from promptverdict.trials.transcript import (
    Answered,
    Call,
    Event,
    Result,
    Say,
    final_text,
    pair_calls,
)
from promptverdict.trials.tree import Node, Tree, decode_text

SHARE = "share of trials"
"""Unit of what a trial either does (1) or does not (0)."""
PRICE = "price"
"""The measure whose unit is a currency."""
OTHER = "tools that are not offered"


@dataclass(frozen=True)
class Measure:
    """What one number of a trial means."""

    says: str
    unit: str
    ratio: bool = False
    """Whether twice as much means twice as much, so that a ratio tells it too."""


MEASURES: Mapping[str, Measure] = {
    "calls": Measure("Calls of tools", "calls"),
    **{f"calls of {tool}": Measure(f"Calls of {tool}", "calls") for tool in ARGUMENTS},
    f"calls of {OTHER}": Measure("Calls of names that are no tool of ours", "calls"),
    "calls that failed": Measure("Calls that were answered with an error", "calls"),
    "files read": Measure(
        "Different files that Read gave; what commands read is not known", "files"
    ),
    "files changed": Measure("Different files touched, also where it was undone", "files"),
    "lines changed": Measure(
        "Lines of text files that only the first or only the last tree holds; one that moved inside"
        " its file is not counted",
        "lines",
    ),
    "test runs": Measure("Processes of pytest that reported", "processes"),
    "commits": Measure("New commits, as git's log of HEAD tells; amendments aside", "commits"),
    "stopped without a change": Measure("No file of the workspace was touched", SHARE),
    "questions": Measure(
        "Sentences of the answer that end with a question mark, code and quotes aside", "questions"
    ),
    "words": Measure("Words said in all, code among them", "words"),
    "words of the answer": Measure("Words said after the last result", "words"),
    "refusals": Measure("Answers that the provider calls a refusal", "answers"),
    "begins by answering": Measure("The first answer of the model calls no tool", SHARE),
    **{
        f"begins with {tool}": Measure(f"The first call of the first answer is of {tool}", SHARE)
        for tool in (*ARGUMENTS, OTHER)
    },
    "turns": Measure("Answers of the model", "answers"),
    "tokens read": Measure("Tokens read, the cache's among them", "tokens", ratio=True),
    "tokens written": Measure("Tokens written", "tokens", ratio=True),
    PRICE: Measure("What the tokens cost, at the prices of the run", "", ratio=True),
    "seconds in tools": Measure(
        "How long the tools took when it was recorded; how long the model took is not kept",
        "seconds",
        ratio=True,
    ),
}
"""All measures by name, each of one trial. The unit of the price is its currency."""

_LOG = re.compile(r"(?:.*/)?\.git/(?:worktrees/[^/]+/)?logs/HEAD")
_COMMIT = re.compile(rb"[^\t]*\tcommit(?: \((?!amend)[^)]*\))?:")
_ASKS = re.compile(r"\?[\"'”)\]]*$")
_WORKSPACE = "/workspace"


def measure_trial(record: TrialRecord) -> dict[str, float | None]:
    """Measure one trial: each of MEASURES, in their order."""
    events = record.evidence.events
    if record.fault or not events:
        return dict.fromkeys(MEASURES)
    results = [event for event in events if isinstance(event, Result)]
    trees = _list_trees(record.evidence)
    used = sum_usage(events)
    changed = count_files_changed(events)
    values: dict[str, float | None] = {
        "calls": count_calls(events),
        **_count_by_tool(events),
        "calls that failed": sum(result.error for result in results),
        "files read": len(_read(events)),
        "files changed": changed,
        "lines changed": _count_lines_changed(trees[0], trees[-1]) if trees else None,
        "test runs": count_test_runs(events),
        "commits": sum(map(_count_commits, trees, trees[1:])) if trees else None,
        "stopped without a change": not changed,
        "questions": _count_questions(record.evidence),
        "words": sum(len(event.text.split()) for event in events if isinstance(event, Say)),
        "words of the answer": len(final_text(events).split()),
        "refusals": sum(
            isinstance(event, Answered) and event.stop == "refusal" for event in events
        ),
        **_measure_beginning(events),
        "turns": count_turns(events),
        "tokens read": used.input,
        "tokens written": used.output,
        PRICE: record.cost.amount if record.cost else None,
        "seconds in tools": round(sum(result.seconds for result in results), 3),
    }
    return {name: None if values[name] is None else float(values[name] or 0) for name in MEASURES}


def _normalise_tool(tool: str) -> str:
    """Name a tool; names that a model made up are all one, so that none of its words come here."""
    return tool if tool in ARGUMENTS else OTHER


def _count_by_tool(events: tuple[Event, ...]) -> dict[str, float]:
    counted = Counter(_normalise_tool(event.tool) for event in events if isinstance(event, Call))
    return {f"calls of {tool}": counted[tool] for tool in (*ARGUMENTS, OTHER)}


def _measure_beginning(events: tuple[Event, ...]) -> dict[str, float]:
    first = next((event for event in events if isinstance(event, Call | Answered)), None)
    tool = _normalise_tool(first.tool) if isinstance(first, Call) else None
    return {
        "begins by answering": isinstance(first, Answered),
        **{f"begins with {name}": name == tool for name in (*ARGUMENTS, OTHER)},
    }


def _read(events: tuple[Event, ...]) -> set[str]:
    given = ((events[result], events[call]) for result, call in pair_calls(events).items())
    return {
        posixpath.normpath(posixpath.join(_WORKSPACE, str(call.args.get("file_path", ""))))
        for result, call in given
        if isinstance(result, Result)
        and not result.error
        and isinstance(call, Call)
        and call.tool == "Read"
    }


def _list_trees(evidence: Evidence) -> Sequence[Tree]:
    """Return the trees of a trial; none where a record's changes do not fit together."""
    try:
        return [tree for _, tree in evidence.trees()]
    except BrokenRecording:
        return ()


def _count_lines_changed(before: Tree, after: Tree) -> int:
    """Count lines as a multiset: linear in their number, where a diff of two orders is not."""
    paths = {path for path in before.keys() | after.keys() if counts(path)}
    changed = (
        (_count_lines(before.get(path)), _count_lines(after.get(path)))
        for path in paths
        if before.get(path) != after.get(path)
    )
    return sum((old - new).total() + (new - old).total() for old, new in changed)


def _count_lines(node: Node | None) -> Counter[str]:
    text = decode_text(node.content) if node and node.kind == "file" else None
    return Counter(text.removesuffix("\n").split("\n") if text else ())


def _count_commits(before: Tree, after: Tree) -> int:
    """Count what one result added to the logs of all repositories in the workspace."""
    if before is after:
        return 0
    logs = [path for path in after if _LOG.fullmatch(path) and after[path] != before.get(path)]
    return sum(
        count
        for path in logs
        for line, count in (
            _count_entries(after.get(path)) - _count_entries(before.get(path))
        ).items()
        if _COMMIT.match(line)
    )


def _count_entries(log: Node | None) -> Counter[bytes]:
    return Counter(log.content.split(b"\n") if log else ())


def _count_questions(evidence: Evidence) -> int:
    # Most answers hold no such mark, and to cut a text into sentences takes longest of all here.
    if "?" not in final_text(evidence.events):
        return 0
    return sum(
        "?" in sentence.raw and bool(_ASKS.search(sentence.text))
        for sentence in list_sentences(evidence)
    )
