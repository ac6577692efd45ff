"""What a shell command seems to have done with tests, as far as its text tells."""

from __future__ import annotations

import re

_LEAD = (
    r"(?:^|[\n;&|(]|\b(?:then|do|time|exec|env)\b)\s*(?:\w+=\S*\s+)*"
    r"(?:(?:timeout|nice|uv|poetry)\s+\S+\s+)*"
)
_PYTHON = r"\S*python[\d.]*\s+(?:-[A-Zbdsuv]\w*\s+)*"
_TESTS = re.compile(
    rf"{_LEAD}(?:{_PYTHON}-m\s+(?:pytest|unittest)|{_PYTHON}\S*tests?/\S+\.py|[^\s=;&|]*\bpytest"
    r"|py\.test|make\s+(?:test|check)|tox|nox)(?=[\s;&|)<>]|$)"
    r"(?![^\n;&|]*--(?:version|help|collect-only|co|fixtures)\b)"
)
_INLINE = re.compile(rf"{_LEAD}{_PYTHON}(?:-c\b|-?\s*<<|/tmp/\S+\.py)")
_LEAVES = re.compile(
    r"\b(?:cd|pushd)\s+[\"']?(?:/(?!workspace\b)|~|\$|\.\.)|\bgit\s+(?:stash|worktree)\b|--rootdir"
    r"|\bpytest\b[^\n;&|>]*\s[\"']?/(?!workspace\b)(?!dev/)\w"
)
_LOOP = re.compile(r"\b(?:for|while|until)\b")


def runs_tests(command: str) -> bool:
    """Whether a command runs pytest or unittest."""
    return _TESTS.search(command) is not None


def runs_inline(command: str) -> bool:
    """Whether a command runs Python code that is no test file."""
    return _INLINE.search(command) is not None


def in_workspace(command: str, reports: int) -> int:
    """Count the first reports that are of the workspace itself, and not of a copy elsewhere."""
    leaves = _LEAVES.search(command)
    if not leaves:
        return reports
    before = command[: leaves.start()]
    looped = _LOOP.search(before)
    return len(_TESTS.findall(before[: looped.start()] if looped else before))


def mentions(command: str, names: frozenset[str]) -> bool:
    """Whether a command asserts something, or speaks of one of the definitions."""
    words = set(re.findall(r"\w+", command))
    return "assert" in words or any(name.rpartition(".")[2] in words for name in names)
