"""Finds what may be a secret by the name before it, as `DB_PASSWORD=...`: for warnings alone.

Such a value has no form of its own, and tasks are full of made-up ones. Neither is it hidden nor
refused, which would change what a recording holds: people are told the name, and decide.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

_ASSIGNED = re.compile(
    r"(?<![\w.-])((?:[A-Za-z][A-Za-z0-9]*_){0,6}(?:API_?KEY|ACCESS_?KEY|SECRET(?:_?KEY)?|TOKEN"
    r"|PASSWORD|PASSWD|PASSPHRASE))[\"']?[ \t]{0,3}[=:][ \t]{0,3}[\"']?"
    r"([A-Za-z0-9+/=_.~!@#%^&*-]{12,200})(?![^\s\"'`,;)}\]])",
    re.IGNORECASE,
)
_MADE_UP = re.compile(
    r"example|sample|dummy|fake|test|change|replace|placeholder|secret|password|token|your|xxx|abc"
    r"|123|todo|redacted|\*\*\*|env[.\[]|sandbox|demo|loopback|\.\.\.",
    re.IGNORECASE,
)
_LEAST_ENTROPY = 3.2
"""Bits for each character; words and numbers of one kind have less."""


def find_named_secrets(text: str) -> list[str]:
    """Find the names, each once, before values of a text that look drawn by chance."""
    named = (match.groups() for match in _ASSIGNED.finditer(text))
    return list(dict.fromkeys(name for name, value in named if _looks_drawn(value)))


def warn_of_named_secrets(where: str, data: Any) -> str | None:
    """Warn of what data of JSON's kinds may hold of secrets, by their names; None of nothing."""
    names = find_named_secrets("\n".join(_list_texts(data)))
    if not names:
        return None
    listed = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
    found = f"{where}: what may be a secret stands in it: {listed}"
    return f"{found}; if it is one, remove it from there and replace it"


def _list_texts(data: Any) -> Iterator[str]:
    if isinstance(data, str):
        yield data
    elif isinstance(data, dict):
        for key, value in data.items():
            # A name and its value, as `{"api_key": "..."}` of a call's arguments.
            yield f"{key}={value}" if isinstance(value, str) else str(key)
            yield from () if isinstance(value, str) else _list_texts(value)
    elif isinstance(data, list | tuple):
        for inner in data:
            yield from _list_texts(inner)


def _looks_drawn(value: str) -> bool:
    """Return whether a value has letters and digits mixed as by chance, and no word of examples."""
    if not (re.search(r"\d", value) and re.search(r"[A-Za-z]", value)) or _MADE_UP.search(value):
        return False
    shares = [count / len(value) for count in Counter(value).values()]
    return -sum(share * math.log2(share) for share in shares) >= _LEAST_ENTROPY
