"""What the text of a shell command tells of places and of code that was run by hand.

What is repeated in the patterns is bounded: a command may be as long as the agent likes.
"""

from __future__ import annotations

import re

_LEAD = (
    r"(?:^|[\n;&|(]|\b(?:then|do|time|exec|env)\b)\s*(?:\w{1,200}=\S{0,500}\s){0,20}"
    r"(?:(?:timeout|nice|uv|poetry)\s\S{1,200}\s){0,5}"
)
_PYTHON = r"\S{0,200}python[\d.]{0,9}\s(?:-[A-Zbdsuv]\w{0,20}\s){0,20}"
_TESTS = re.compile(
    rf"{_LEAD}(?:{_PYTHON}-m\s(?:pytest|unittest)|{_PYTHON}\S{{0,200}}tests?/\S{{1,200}}\.py"
    r"|[^\s=;&|]{0,200}\bpytest|py\.test|make\s(?:test|check)|tox|nox)(?=[\s;&|)<>]|$)"
    r"(?![^\n;&|]{0,1000}--(?:version|help|collect-only|co|fixtures)\b)"
)
_INLINE = re.compile(
    rf"{_LEAD}(?:{_PYTHON}(?:-c\b|-?\s*<<|/tmp/\S{{1,200}}\.py)"
    r"|node\s(?:-e\b|--eval\b|-p\b|-?\s*<<|/tmp/\S{1,200}\.[cm]?js)|go\srun\s/tmp/)"
)
_ELSEWHERE = r"/(?!workspace\b)|~|\$"
_LEAVES = re.compile(
    rf"\b(?:cd|pushd)\s+[\"']?(?:{_ELSEWHERE}|\.\.)|\bgit\s+(?:stash|worktree)\b|--rootdir"
    r"|\bpytest\b[^\n;&|>]{0,1000}\s[\"']?/(?!workspace\b)(?!dev/)\w"
)
_LEFT = re.compile(rf"\b(?:cd|pushd)\s+[\"']?(?:{_ELSEWHERE})|\bgit\s+(?:stash|worktree)\b")
_LOOP = re.compile(r"\b(?:for|while|until)\b")
_BLANKS = re.compile(r"\s+")


def is_inline_code(command: str) -> bool:
    """Whether a command runs code that is no test file: on its own line, or from /tmp."""
    return _INLINE.search(_join_blanks(command)) is not None


def count_in_workspace(command: str, reports: int) -> int:
    """Count the first reports that are of the workspace itself, and not of a copy elsewhere."""
    leaves = _LEAVES.search(command)
    if not leaves:
        return reports
    before = command[: leaves.start()]
    looped = _LOOP.search(before)
    return len(_TESTS.findall(_join_blanks(before[: looped.start()] if looped else before)))


def leaves_workspace(command: str) -> bool:
    """Whether a command goes to another folder than the workspace, or to another state of it."""
    return _LEFT.search(command) is not None


def _join_blanks(command: str) -> str:
    """Make every run of blanks one: a line end where there is one in it."""
    return _BLANKS.sub(lambda blanks: "\n" if "\n" in blanks[0] else " ", command)


def mentions_names(command: str, names: frozenset[str]) -> bool:
    """Whether a command asserts something, or speaks of one of the definitions."""
    words = set(re.findall(r"\w+", command))
    return "assert" in words or any(name.rpartition(".")[2] in words for name in names)
