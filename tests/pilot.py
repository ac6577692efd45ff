"""The pilot's transcripts as evidence (tests/data/pilot_transcripts/README.md)."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

from promptverdict.trials.evidence import Evidence, FinalState, Task
from promptverdict.trials.transcript import Call, Event, Result, Say, User
from promptverdict.trials.tree import Change, Node, TestNode, TestReport, digest

PILOT = Path(__file__).parent / "data" / "pilot_transcripts"


def build_report(passed: int, failed: int, tree: str) -> TestReport:
    """Build the report of a run of pytest with so many tests."""
    outcomes = ["passed"] * passed + ["failed"] * failed
    nodes = tuple(
        TestNode.model_validate({"id": f"t::{number}", "phase": "call", "outcome": outcome})
        for number, outcome in enumerate(outcomes)
    )
    return TestReport(tree=tree, exit_code=int(failed > 0), nodes=nodes)


def build_change(path: str, text: str | None) -> Change:
    return Change(path=path, kind="file" if text is not None else "deleted", text=text)


@cache
def read_pilot(name: str) -> Evidence:
    """Read a pilot transcript as evidence; its test reports are read from what pytest printed."""
    path = PILOT / f"{name}.json"
    transcript = json.loads(path.read_text(encoding="utf-8"))
    start: dict[str, str | None] = dict(transcript["final_tree"])
    changes = [event for event in transcript["events"] if event["kind"] == "change"]
    for event in reversed(changes):
        start[event["path"]] = event["before"]
    tree = {path: text for path, text in start.items() if text is not None}
    begun = tuple(build_change(path, text) for path, text in sorted(tree.items()))
    events: list[Event] = []
    for event in transcript["events"]:
        if event["kind"] == "user":
            events.append(User(text=event["text"]))
        elif event["kind"] == "say":
            events.append(Say(text=event["text"]))
        elif event["kind"] == "call":
            events.append(Call(id=event["id"], tool=event["tool"], args=event["input"]))
        elif event["kind"] == "result":
            nodes = {p: Node("file", text.encode(), 0o644) for p, text in tree.items()}
            printed = [line.split() for line in event["text"].splitlines() if " passed in " in line]
            runs = tuple(build_report(int(words[0]), 0, digest(nodes)) for words in printed)
            events.append(Result(call=event["id"], text=event["text"], tests=runs))
        elif event["kind"] == "change" and isinstance(events[-1], Result):
            change = build_change(event["path"], event["after"])
            tree.pop(event["path"], None)
            if event["after"] is not None:
                tree[event["path"]] = event["after"]
            events[-1] = events[-1].model_copy(update={"changes": (*events[-1].changes, change)})
    task = Task(
        suite="pilot", scenario=name, variant="seed/x", message=transcript["events"][0]["text"]
    )
    return Evidence(task=task, events=tuple(events), outcome=FinalState(start=begun))
