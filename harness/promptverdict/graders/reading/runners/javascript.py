"""Errors as Node and the runners on it word them, in the words that graders know from Python.

Two kinds have no counterpart there: MissingName and MissingModule, whose message is the name.
"""

from __future__ import annotations

import re

_ASSERTION = re.compile(
    r"\bERR_ASSERTION\b|\bAssertionError\b|^\s*expect\(|\bassert\.\w+\(|^\s*expected .+ to ", re.M
)
_MISSING_NAME = (
    re.compile(r"does not provide an export named '(\w+)'"),
    re.compile(r"\(?(?:\(\d+ ?, )?(?:[\w$]+\.){0,9}([\w$]+)\)? is not a (?:function|constructor)"),
    re.compile(r"\b([\w$]+) is not defined"),
)
_MISSING_MODULE = re.compile(
    r"Cannot find (?:module|package) ['\"]([^'\"]+)['\"]"
    r"|Failed to (?:resolve import|load url) ['\"]?([^'\" ]+)"
)
_SYNTAX = re.compile(r"\bSyntaxError\b|unexpected token|Parse failure|Transform failed", re.I)
_STUB = re.compile(r"\bnot (?:yet )?implemented\b|\bTODO\b", re.I)
_TYPE = re.compile(r"^\s*(?:Uncaught )?(\w*(?:Error|Exception))(?: \[\w+\])?(?:: |$)", re.M)


def read_error(words: str) -> tuple[str, str]:
    """Return the type and the message of an error; words: how a runner printed it."""
    for rule in _MISSING_NAME:
        if name := rule.search(words):
            return "MissingName", name[1]
    if module := _MISSING_MODULE.search(words):
        return "MissingModule", module[1] or module[2]
    if _ASSERTION.search(words):
        return "AssertionError", words.strip()[:200]
    if _SYNTAX.search(words):
        return "SyntaxError", words.strip()[:200]
    if _STUB.search(words):
        return "NotImplementedError", words.strip()[:200]
    kind = _TYPE.search(words)
    return (kind[1] if kind else "Error"), words.strip()[:200]
