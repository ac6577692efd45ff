"""The digest of a workspace tree: one definition, computed inside the sandbox and outside it.

What a test run saw is told by the digest its report carries, so both sides must agree on it. Left
out: version control, what Python and pytest leave behind, and empty folders, because none of them
is what an agent wrote.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator

LEFT_OUT = frozenset({".git", "__pycache__", ".pytest_cache"})


def counts(path: str) -> bool:
    """Whether a path relative to the workspace belongs to the digest."""
    return LEFT_OUT.isdisjoint(path.split("/"))


def digest_of(entries: Iterable[tuple[str, str, bytes]]) -> str:
    """Hash (path, kind, content) triples.

    kind: `file`, `exec` (a file its owner may execute) or `link` (content: the target).
    Returns 16 hexadecimal digits.
    """
    total = hashlib.sha256()
    for path, kind, content in sorted(entries):
        line = f"{path}\0{kind}\0{hashlib.sha256(content).hexdigest()}\n"
        total.update(line.encode("utf-8", "surrogateescape"))
    return total.hexdigest()[:16]


def escape_names(names: Iterable[str]) -> dict[str, str]:
    r"""Return each name of one folder as valid text: bytes that are not UTF-8 as `\xff`.

    No two names get the same text: where a file is really called `\xff`, the escaped name has one
    more backslash in front.
    """
    escaped: dict[str, str] = {}
    taken: set[str] = set()
    # Names that need no escape first, so that they keep their text.
    for name in sorted(names, key=lambda name: (not _is_text(name), name)):
        text = os.fsencode(name).decode("utf-8", "backslashreplace")
        while text in taken:
            text = "\\" + text
        escaped[name] = text
        taken.add(text)
    return escaped


def _is_text(name: str) -> bool:
    try:
        os.fsencode(name).decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def entries_below(root: str) -> Iterator[tuple[str, str, bytes]]:
    """Read the tree below a folder on disk; never follows a link, skips what cannot be read.

    Paths are escaped as by escape_names.
    """
    before = {root: ""}
    for folder, names, files in os.walk(root):
        prefix, escaped = before[folder], escape_names([*names, *files])
        links = [name for name in names if os.path.islink(os.path.join(folder, name))]
        names[:] = [name for name in names if name not in LEFT_OUT and name not in links]
        before |= {os.path.join(folder, name): f"{prefix}{escaped[name]}/" for name in names}
        for name in files + links:
            path = prefix + escaped[name]
            entry = _entry(os.path.join(folder, name))
            if entry and counts(path):
                yield path, *entry


def _entry(path: str) -> tuple[str, bytes] | None:
    try:
        if os.path.islink(path):
            return "link", os.fsencode(os.readlink(path))
        if not os.path.isfile(path):
            return None
        with open(path, "rb") as file:
            return ("exec" if os.stat(path).st_mode & 0o100 else "file"), file.read()
    except OSError:
        return None
