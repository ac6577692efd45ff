"""Refuses texts that must not be stored: what looks like a key, or names this machine."""

from __future__ import annotations

import re
from collections.abc import Mapping

from promptverdict.core.errors import StorageError
from promptverdict.core.secrets import list_secrets

_COMMON = {"localhost", "sandbox", "/", "/root", "/workspace", "/home/agent"}
"""Names that identify nobody; Dockerfiles are full of /root."""

_SHORTEST_HOST = 8
"""Shorter host names are words that a text may hold."""

_PATTERNS = {
    "an Anthropic key": re.compile(r"\bsk-ant-[A-Za-z0-9_-]{16,}"),
    "an OpenAI key": re.compile(r"\bsk-(?:proj-)?[A-Za-z0-9]{32,}"),
    "a GitHub token": re.compile(r"\b(?:gh[pousr]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9_]{40,})"),
    "an AWS access key": re.compile(r"\bAKIA[0-9A-Z]{16}\b"),
    "a private key": re.compile(r"-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----"),
    "a Slack token": re.compile(r"\bxox[abprs]-[A-Za-z0-9-]{20,}"),
}


def refuse_secrets(text: str, environment: Mapping[str, str]) -> None:
    """Raise StorageError, naming the rule and never the value, when a text must not be stored."""
    for what, pattern in _PATTERNS.items():
        if pattern.search(text):
            raise _build_refusal(f"something that looks like {what}")
    for name, forms in list_secrets(environment).items():
        if any(form in text for form in forms):
            raise _build_refusal(f"the value of the environment variable {name}")


def refuse_machine(text: str, host: str, home: str) -> None:
    """Raise StorageError when a text holds the machine's name or a path below the home folder."""
    if (
        len(host) >= _SHORTEST_HOST
        and host not in _COMMON
        and re.search(rf"\b{re.escape(host)}\b", text)
    ):
        raise _build_refusal("the name of this machine")
    if home not in _COMMON and f"{home.rstrip('/')}/" in text:
        raise _build_refusal("a path below the home folder")


def _build_refusal(what: str) -> StorageError:
    return StorageError(
        f"the recording holds {what} and was not saved\n"
        "  take it out of the workspace, the prompt or the task, and record again"
    )
