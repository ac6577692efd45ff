"""Evidence to grade: plays written by hand, and real recordings with their steps in another order.

A play is a list of acts. What the probe would say of each tree is a function of the tree, so an
edit of the play carries through to everything that follows from it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from promptverdict.trials.evidence import Check, Evidence, FinalState, ProbeReport, Task
from promptverdict.trials.transcript import Answered, Call, End, Event, Result, Say, User
from promptverdict.trials.tree import Node, TestNode, TestReport, Tree, apply, digest, list_changes

Behaviour = Callable[[Tree], dict[str, bool]]
Nodes = tuple[TestNode, ...]


def node(name: str, error: str = "", phase: str = "call") -> TestNode:
    """A test that passed, or failed with `Type: words`."""
    kind, _, words = error.partition(": ")
    outcome = "failed" if error else "passed"
    return TestNode.model_validate(
        {"id": name, "phase": phase, "outcome": outcome}
        | ({"exception": kind, "message": words} if error else {})
    )


@dataclass(frozen=True)
class Act:
    """One call: the files it leaves, and the reports of its test runs.

    A report is (which tree, nodes): `before`, `after`, a digest, or files on top of `before`.
    """

    files: dict[str, str | None] = field(default_factory=dict)
    reports: tuple[tuple[str | dict[str, str], Nodes], ...] = ()
    command: str = ""
    text: str = ""
    """What the command printed."""
    root: str | None = None
    """The folder that pytest names tests from, where its report says so."""
    together: bool = False
    """Asked for in the same answer as the act before."""
    overlay: dict[str, Node | None] | None = None
    """Instead of files: what an act of a recording left."""


def edit(**files: str | None) -> Act:
    """Change files; `app__slug` is app/slug.py."""
    return Act(files={f"{name.replace('__', '/')}.py": text for name, text in files.items()})


def ran(*nodes: TestNode, command: str = "python -m pytest -q") -> Act:
    """Run tests on the workspace."""
    return Act(reports=(("after", nodes),), command=command)


def bash(command: str) -> Act:
    """Run a command that changes nothing and reports nothing."""
    return Act(command=command)


def play(
    start: dict[str, str], acts: Sequence[Act], behaviour: Behaviour | None = None
) -> Evidence:
    """Perform the acts in order."""
    return perform({path: _file(text) for path, text in start.items()}, acts, behaviour)


def perform(start: Tree, acts: Sequence[Act], behaviour: Behaviour | None) -> Evidence:
    """Turn acts on a tree into evidence."""
    events: list[Event] = [User(text="Do it.")]
    trees: list[Tree] = [start]
    answers: list[list[tuple[int, Act]]] = []
    for number, act in enumerate(acts):
        if act.together and answers:
            answers[-1].append((number, act))
        else:
            answers.append([(number, act)])
    for answer in answers:
        events += [
            Call(id=f"c{number}", tool="Bash", args={"command": act.command})
            for number, act in answer
        ]
        events.append(Answered(model="m", stop="calls"))
        for number, act in answer:
            before = trees[-1]
            after = _after(before, act)
            trees.append(after)
            events.append(
                Result(
                    call=f"c{number}",
                    text=act.text,
                    changes=list_changes(before, after),
                    tests=tuple(_report(before, after, act.root, *one) for one in act.reports),
                )
            )
    events += [Say(text="Done."), Answered(model="m", stop="done"), End(reason="done")]
    probes: dict[str, ProbeReport] = {}
    for number, tree in enumerate(trees):
        if behaviour:
            checks = tuple(
                Check(name=name, outcome="pass" if ok else "fail")
                for name, ok in behaviour(tree).items()
            )
            report = ProbeReport(probe="hidden", after=number, tree=digest(tree), checks=checks)
            probes.setdefault(report.tree, report)
    return Evidence(
        task=Task(suite="s", scenario="c", variant="v", message="Do it."),
        events=tuple(events),
        outcome=FinalState(start=list_changes({}, start), probes=tuple(probes.values())),
    )


def acts_of(evidence: Evidence) -> list[Act]:
    """Take a recording apart, so that its acts can be put in another order."""
    trees = dict(evidence.trees())
    calls = {event.id: event for event in evidence.events if isinstance(event, Call)}
    results = [event for event in evidence.events if isinstance(event, Result)]
    acts = []
    for number, result in enumerate(results, start=1):
        before, after = trees[number - 1], trees[number]
        paths = [p for p in before.keys() | after.keys() if before.get(p) != after.get(p)]
        where = {digest(before): "before", digest(after): "after"}
        acts.append(
            Act(
                overlay={path: after.get(path) for path in paths},
                reports=tuple((where[one.tree], one.nodes) for one in result.tests),
                command=str(calls[result.call].args.get("command", "")),
            )
        )
    return acts


def behaviour_of(evidence: Evidence, probe: str) -> Behaviour:
    """Say of any tree what the recorded probe said of its production files."""
    trees = {digest(tree): tree for _, tree in evidence.trees()}
    said: dict[Any, dict[str, bool]] = {}
    for report in evidence.outcome.probes if evidence.outcome else ():
        if report.probe == probe:
            checks = {c.name: c.outcome == "pass" for c in report.checks if c.outcome != "note"}
            said.setdefault(_production(trees[report.tree]), checks)
    return lambda tree: said[_production(tree)]


def retold(evidence: Evidence, probe: str, change: Callable[[list[Act]], list[Act]]) -> Evidence:
    """Play a recording again with its acts changed; the probe is then called `hidden`."""
    start = apply({}, evidence.outcome.start if evidence.outcome else ())
    return perform(start, change(acts_of(evidence)), behaviour_of(evidence, probe))


def with_nodes(act: Act, *nodes: TestNode) -> Act:
    """Let an act's only test run come to something else."""
    ((where, _),) = act.reports
    return replace(act, reports=((where, nodes),))


def put_below(act: Act, folder: str) -> Act:
    """Let an act happen in a project that lies in a folder of the workspace."""
    reports = tuple(
        ({f"{folder}/{path}": text for path, text in where.items()}, nodes)
        if isinstance(where, dict)
        else (where, nodes)
        for where, nodes in act.reports
    )
    files = {f"{folder}/{path}": text for path, text in act.files.items()}
    command = f"cd {folder} && {act.command}" if act.command else ""
    return replace(act, files=files, reports=reports, root=folder, command=command)


def _production(tree: Tree) -> Any:
    return tuple(sorted((p, n.content) for p, n in tree.items() if p.startswith("app/")))


def _after(before: Tree, act: Act) -> Tree:
    tree = dict(before)
    left = act.overlay
    if left is None:
        left = {p: None if text is None else _file(text) for p, text in act.files.items()}
    for path, what in left.items():
        if what is None:
            tree.pop(path, None)
        else:
            tree[path] = what
    return tree


def _report(
    before: Tree, after: Tree, root: str | None, where: str | dict[str, str], nodes: Nodes
) -> TestReport:
    if isinstance(where, dict):
        ran_on = digest({**before, **{path: _file(text) for path, text in where.items()}})
    else:
        ran_on = {"before": digest(before), "after": digest(after)}.get(where, where)
    failed = any(one.outcome == "failed" for one in nodes)
    return TestReport(tree=ran_on, exit_code=int(failed), nodes=nodes, root=root)


def _file(text: str) -> Node:
    return Node("file", text.encode())
