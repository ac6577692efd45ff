"""Which changed files are code: what tests may depend on, no document and no output of a run."""

from __future__ import annotations

import re
from functools import lru_cache

from promptverdict.graders.reading.file_kinds import (
    is_configuration,
    is_document,
    is_source,
    is_test_file,
)
from promptverdict.graders.reading.python_source import read_source
from promptverdict.graders.reading.test_runs import list_result_runs
from promptverdict.trials.evidence import Evidence, Identity
from promptverdict.trials.transcript import Result
from promptverdict.trials.tree import Tree


def find_no_code(evidence: Evidence) -> frozenset[str]:
    """Find the files that changed in a trial and are no code.

    They are what a test run wrote (`--junitxml=report.xml`, `| tee out`) and what no code reads:
    files in no programming language whose name no source of the trial holds.
    """
    return _find_no_code(Identity(evidence))


@lru_cache(maxsize=2)
def _find_no_code(known: Identity) -> frozenset[str]:
    evidence = known.evidence
    trees = [tree for _, tree in evidence.trees()]
    outputs = frozenset[str]().union(*(runs.outputs for runs in list_result_runs(evidence)))
    others = {
        change.path
        for event in evidence.events
        if isinstance(event, Result)
        for change in event.changes
        if change.path not in outputs and _may_be_text(change.path)
    }
    sources = _list_sources((trees[0], trees[-1])) if others else []
    return outputs | {path for path in others if not _is_read(path, trees, sources)}


def _may_be_text(path: str) -> bool:
    return not (
        is_source(path) or is_document(path) or is_configuration(path) or is_test_file(path)
    )


def _is_read(path: str, trees: list[Tree], sources: list[tuple[str, bytes]]) -> bool:
    """Whether code may read a file: a source holds its name, the name of its folder, or its ending.

    A script, which says in its first line what runs it, is code itself.
    """
    if any((read_source(tree, path) or b"").startswith(b"#!") for tree in trees):
        return True
    name = path.rpartition("/")[2]
    folder = path.rpartition("/")[0].rpartition("/")[2]
    ending = name.rpartition(".")[2] if "." in name else ""
    words = [re.escape(name)]
    words += [rf"[\"'/]{re.escape(folder)}[\"'/]"] if folder else []
    words += [rf"[*\"']\.{re.escape(ending)}\b"] if ending else []
    rule = re.compile("|".join(words).encode("utf-8", "surrogatepass"))
    return any(rule.search(content) for other, content in sources if other != path)


def _list_sources(trees: tuple[Tree, ...]) -> list[tuple[str, bytes]]:
    different = {
        (path, node.content)
        for tree in trees
        for path, node in tree.items()
        if node.kind == "file" and (is_source(path) or is_configuration(path))
    }
    return sorted(different)
