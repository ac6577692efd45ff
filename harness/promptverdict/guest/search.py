"""Glob, Grep and LS, run inside the sandbox: an agent's regular expression may never end.

Run as `python3 -I -c <this text> <arguments as JSON>`; prints what the tool answers.
"""

from __future__ import annotations

import fnmatch
import glob
import json
import os
import re
import sys
import warnings
from collections.abc import Iterator

HIDDEN = {".git", "__pycache__", ".pytest_cache", "node_modules", ".venv"}
LONGEST_LINE = 2000
BRACES = re.compile(r"\{([^{}]*,[^{}]*)\}")


def list_files(root: str, pattern: str | None) -> Iterator[str]:
    """List the files to search: a folder's own by name, then those of its folders."""
    if os.path.isfile(root):
        yield root
        return
    wanted = None if pattern is None else set(list_matching_files(root, pattern))
    for folder, names, files in os.walk(root):
        names[:] = sorted(name for name in names if name not in HIDDEN)
        for name in sorted(files):
            path = os.path.join(folder, name)
            # A pipe would keep its reader waiting for ever.
            if (wanted is None or path in wanted) and os.path.isfile(path):
                yield path


def list_matching_files(root: str, pattern: str) -> list[str]:
    """List the files whose path below root matches; a bare name matches in every folder.

    What lies behind a link to a folder is left out, and never looked at: links may lead round in a
    circle, or to everything there is.
    """
    if os.path.isabs(pattern):
        pattern = os.path.relpath(pattern, root)
    deep = pattern if "/" in pattern else f"**/{pattern}"
    paths = {
        os.path.join(root, path)
        for plain in expand_braces(deep)
        if not plain.endswith("/")  # only folders could match
        for path in find_paths(root, [part for part in plain.split("/") if part not in ("", ".")])
    }
    return sorted(
        path
        for path in paths
        if os.path.isfile(path)
        and HIDDEN.isdisjoint(os.path.relpath(path, root).split("/"))
        and not is_behind_link(root, path)
    )


def find_paths(root: str, parts: list[str]) -> Iterator[str]:
    """Find the paths below root that match a pattern, given in parts; some may come twice."""
    if "**" not in parts:
        yield from glob.glob("/".join(parts), root_dir=root, include_hidden=True)
        return
    place = parts.index("**")
    head, rest = parts[:place], parts[place:]
    while rest and rest[0] == "**":
        rest = rest[1:]
    for base in glob.glob("/".join(head), root_dir=root, include_hidden=True) if head else [""]:
        # os.walk does not follow links, as glob's own ** does.
        for folder, names, files in os.walk(os.path.join(root, base)):
            names[:] = [name for name in names if name not in HIDDEN]
            below = os.path.relpath(folder, root)
            for path in find_paths(folder, rest) if rest else files:
                yield os.path.normpath(os.path.join(below, path))


def is_behind_link(root: str, path: str) -> bool:
    """Whether a link lies on the way from root to a file."""
    way = os.path.relpath(os.path.dirname(path), root)
    plain = os.path.normpath(os.path.join(os.path.realpath(root), way))
    return os.path.realpath(plain) != plain


def expand_braces(pattern: str) -> Iterator[str]:
    """Yield a pattern for each choice of {a,b}, which shells know and glob does not."""
    found = BRACES.search(pattern)
    if found is None:
        yield pattern
        return
    for word in found[1].split(","):
        yield from expand_braces(pattern[: found.start()] + word + pattern[found.end() :])


def read(path: str) -> str | None:
    """Read a text file; nothing for one that is not text or cannot be read."""
    try:
        with open(path, encoding="utf-8") as file:
            text = file.read()
    except (OSError, UnicodeDecodeError):
        return None
    return None if "\0" in text else text


def split_lines(text: str) -> list[str]:
    """Split into lines; after the last line end there is no further line."""
    return text.removesuffix("\n").split("\n")


def find_matched_lines(text: str, expression: re.Pattern[str], multiline: bool) -> list[int]:
    """Number the lines (from 0) that a match touches."""
    lines = split_lines(text)
    if not multiline:
        return [number for number, line in enumerate(lines) if expression.search(line)]
    touched: set[int] = set()
    first = counted = 0
    for match in expression.finditer(text):
        start, last = match.start(), max(match.start(), match.end() - 1)
        first += text.count("\n", counted, start)
        counted = start
        touched.update(range(first, first + text.count("\n", start, last) + 1))
    return sorted(number for number in touched if number < len(lines))


def render_matches(
    path: str, text: str, hits: list[int], wanted: dict[str, object]
) -> Iterator[str]:
    """Yield matching lines with their surroundings, as grep does."""
    before = max(int(str(wanted["before"])), int(str(wanted["around"])))
    after = max(int(str(wanted["after"])), int(str(wanted["around"])))
    lines, matches, last = split_lines(text), set(hits), -1
    for hit in hits:
        start = max(hit - before, last + 1)
        if (before or after) and last >= 0 and start > last + 1:
            yield "--"
        for number in range(start, min(hit + after, len(lines) - 1) + 1):
            mark = ":" if number in matches else "-"
            place = f"{path}{mark}{number + 1}{mark}" if wanted["numbers"] else f"{path}{mark}"
            yield place + lines[number][:LONGEST_LINE]
            last = number


def grep(wanted: dict[str, object]) -> list[str]:
    """Search files for a regular expression."""
    flags = re.MULTILINE | (re.IGNORECASE if wanted["ignore_case"] else 0)
    flags |= re.DOTALL if wanted["multiline"] else 0
    warnings.simplefilter("ignore", FutureWarning)  # of [[, which would be printed as an answer
    expression = re.compile(str(wanted["pattern"]), flags)
    pattern = wanted["glob"]
    result: list[str] = []
    for path in list_files(str(wanted["path"]), None if pattern is None else str(pattern)):
        text = read(path)
        hits = find_matched_lines(text, expression, bool(wanted["multiline"])) if text else []
        if not text or not hits:
            continue
        if wanted["output_mode"] == "content":
            result.extend(render_matches(path, text, hits, wanted))
        elif wanted["output_mode"] == "count":
            result.append(f"{path}:{len(hits)}")
        else:
            result.append(path)
    return result


def list_folder(path: str, ignored: list[str]) -> list[str]:
    """List the names in a folder, sorted; folders end in /."""
    with os.scandir(path) as entries:
        return sorted(
            entry.name + "/" * entry.is_dir()
            for entry in entries
            if entry.name not in HIDDEN
            and not any(fnmatch.fnmatch(entry.name, pattern) for pattern in ignored)
        )


def main() -> int:
    """Print the answer to one call; return 2, with the reason, for an unusable pattern."""
    sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    wanted = json.loads(sys.argv[1])
    if not os.path.exists(wanted["path"]):
        print(f"there is no {wanted['path']}")
        return 2
    if wanted["tool"] == "LS" and not os.path.isdir(wanted["path"]):
        print(f"{wanted['path']} is no folder")
        return 2
    try:
        if wanted["tool"] == "LS":
            lines = list_folder(wanted["path"], wanted["ignore"] or []) or ["(the folder is empty)"]
        elif wanted["tool"] == "Glob":
            lines = list_matching_files(wanted["path"], wanted["pattern"])
        else:
            lines = grep(wanted)
    except (re.error, OverflowError, RecursionError) as error:
        print(f"the pattern is not a regular expression: {error}")
        return 2
    except OSError as error:
        print(f"{wanted['path']} cannot be read: {error.strerror}")
        return 2
    limit = wanted.get("head_limit") or len(lines)
    print("\n".join(lines[:limit]) if lines else "nothing found")
    return 0


if __name__ == "__main__":
    sys.exit(main())
