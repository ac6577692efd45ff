"""Rules of the prescribed JSON that the built-in graders do not reach.

They read the answer's one JSON value even where words stand around it (only-json tells that), so
that each rule fails on its own account; an answer without such a value fails them all.

A part that is nothing but comments is a placeholder, a pointer to another part among them, such as
"# In tests/test_tags_api.py (see tests.integration): ...": whoever writes the files from the JSON
finds no code there. The prompt's own sample consists of such parts; what is not needed can be "".
"""

from __future__ import annotations

import ast
import json
import re
import textwrap
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import yaml
from promptverdict import (
    End,
    Evidence,
    Finding,
    Point,
    Result,
    Say,
    User,
    failed,
    final_text,
    passed,
    ungraded,
)

_LISTS = {
    "api_endpoints": ("handler", "tests"),
    "services": ("code",),
    "models": ("schema", "validations"),
    "middleware": ("code",),
}
_GROUPS = (
    "database.migrations",
    "database.seeds",
    "configuration.environment",
    "configuration.dependencies",
    "tests.unit",
    "tests.integration",
    "documentation.openapi",
    "documentation.readme",
)
_CODE = re.compile(r"(api_endpoints|services|middleware)\[\d+\]\.|tests\.")
_BLOCK_COMMENT = re.compile(r"/\*.*?\*/|<!--.*?-->", re.DOTALL)
_HOLLOW = re.compile(r"(#|//|--).*|pass|\.\.\.|TODO\b.*")
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_METHODS = frozenset({"get", "post", "put", "patch", "delete", "head", "options"})
_FENCE_LINE = re.compile(r"^ {0,3}(`{3,}+)[ \t]*+([^`\s]*+)[^`\n]*+$", re.MULTILINE)
_MOST_STARTS = 50
"""Places in a text with words around the JSON at which it is looked for."""


@dataclass(frozen=True)
class _Answer:
    """The final answer, and the JSON object that it holds."""

    says: tuple[tuple[int, str], ...]
    """Number of an event, and the text that it adds to the answer."""
    text: str
    value: dict[str, Any]
    start: int
    end: int

    def find_points(self, start: int | None = None, end: int | None = None) -> tuple[Point, ...]:
        """Point at a part of the text, or at the JSON, in the events that said it."""
        start, end = self.start if start is None else start, self.end if end is None else end
        return tuple(_find_points(self.says, start, end))

    def find_part(self, part: Any) -> tuple[Point, ...]:
        """Point at a part as it is written in the answer; nowhere if it is written otherwise."""
        for ascii_only in (False, True):
            written = json.dumps(part, ensure_ascii=ascii_only)
            at = self.text.find(written, self.start, self.end)
            if at >= 0:
                return self.find_points(at, at + len(written))
        return ()


def counts_agree(evidence: Evidence) -> Finding:
    """Numbers within their limits, names defined, paths documented, no part a placeholder."""
    answer = _read_answer(evidence)
    if isinstance(answer, Finding):
        return answer
    value, parts = answer.value, dict(_parts(answer.value))
    hollow = {path: part for path, part in parts.items() if _is_placeholder(part)}
    problems = [
        *_numbers(value, len(parts)),
        *_middleware(value),
        *_openapi(value),
        *(f"{path} is only a comment" for path in hollow),
    ]
    if not problems:
        return passed("counts, names and paths agree, and no part is a placeholder")
    points = [point for part in hollow.values() for point in answer.find_part(part)]
    return failed(_join(problems), *(points or answer.find_points()))


def code_as_string(evidence: Evidence) -> Finding:
    """Code stands in strings; where the task says Python, each parses once it is decoded."""
    answer = _read_answer(evidence)
    if isinstance(answer, Finding):
        return answer
    code = {path: part for path, part in _parts(answer.value) if _CODE.match(path)}
    broken = {path: "is not a string" for path, part in code.items() if not isinstance(part, str)}
    if re.search(r"\bpython\b", evidence.task.message, re.IGNORECASE):
        for path, part in code.items():
            if isinstance(part, str) and (error := _syntax_error(part)):
                broken[path] = f"does not parse as Python: {error}"
    if broken:
        points = [point for path in broken for point in answer.find_part(code[path])]
        problems = [f"{path} {problem}" for path, problem in broken.items()]
        return failed(_join(problems), *(points or answer.find_points()))
    whole = [path for path, part in code.items() if not _is_placeholder(part)]
    if not whole:
        return failed("no part holds code", *answer.find_points())
    return passed(f"{len(whole)} strings hold code that is whole", *answer.find_points())


def explanation_inside(evidence: Evidence) -> Finding:
    """The summary and the readme together have room for an explanation: 300 characters."""
    answer = _read_answer(evidence)
    if isinstance(answer, Finding):
        return answer
    texts = (_look_up(answer.value, path) for path in ("summary", "documentation.readme"))
    length = sum(len(text.strip()) for text in texts if isinstance(text, str))
    told = f"summary and readme hold {length} characters"
    points = answer.find_points()
    return passed(told, *points) if length >= 300 else failed(f"{told}, not 300", *points)


def _read_answer(evidence: Evidence) -> _Answer | Finding:
    """Read the JSON object of the final answer, or say why there is none."""
    says: list[tuple[int, str]] = []
    for number, event in enumerate(evidence.events):
        if isinstance(event, User | Result):
            says = []
        elif isinstance(event, Say):
            says.append((number, event.text))
    last = evidence.events[-1] if evidence.events else None
    if isinstance(last, End) and last.reason == "length":
        return ungraded("the answer was cut at the token limit")
    text, problem = final_text(evidence.events), "there is no final answer"
    whole = tuple(_find_points(says, 0, len(text)))
    for start in _list_starts(text):
        try:
            value, end = json.JSONDecoder().raw_decode(text, start)
        except json.JSONDecodeError as error:
            place = f"line {error.lineno} column {error.colno}"
            problem = f"the answer is not JSON: {place}: {error.msg}"
        except (RecursionError, ValueError):
            problem = "the JSON is nested too deeply, or has a number with too many digits"
        else:
            if isinstance(value, dict):
                return _Answer(tuple(says), text, value, start, end)
            problem = "the JSON is not an object"
    return failed(problem, *whole)


def _list_starts(text: str) -> list[int]:
    """List where the one JSON value may begin: with the text, in its only fence, or at a line."""
    start = len(text) - len(text.lstrip())
    if start == len(text):
        return []
    if text[start] in "{[":
        return [start]
    fences = list(_find_fences(text))
    blocks = [body for info, body, _ in fences if info in ("", "json") and body < len(text)]
    blocks = [body for body in blocks if text[body] in "{["]
    if len(blocks) > 1:
        return [start]  # Two values are as good as none.
    if blocks:
        return blocks
    lines = [found.start() for found in re.finditer(r"^\{", text, re.MULTILINE)]
    inside = [at for at in lines[:_MOST_STARTS] or [text.find("{")] if at >= 0]
    outside = [at for at in inside if not any(body <= at < end for _, body, end in fences)]
    return outside or [start]


def _find_fences(text: str) -> Iterator[tuple[str, int, int]]:
    """Find code fences: what the first line names, where the content begins, where it ends."""
    opening: re.Match[str] | None = None
    for line in _FENCE_LINE.finditer(text):
        if opening is None:
            opening = line
        elif not line[2] and len(line[1]) >= len(opening[1]):
            body = len(text) - len(text[opening.end() :].lstrip())
            yield opening[2].lower(), body, line.start()
            opening = None


def _find_points(says: Iterable[tuple[int, str]], start: int, end: int) -> Iterator[Point]:
    """Find the events that said a part of the answer, which joins them by blank lines."""
    offset = 0
    for number, text in says:
        first, last = max(start - offset, 0), min(end - offset, len(text))
        if first < last:
            yield Point(event=number, start=first, end=last)
        offset += len(text) + 2


def _look_up(value: Any, path: str) -> Any:
    """Return the value that keys joined by dots lead to; None where one of them is not there."""
    for key in path.split("."):
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _is_integer(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _join(problems: list[str], most: int = 4) -> str:
    """Join the first problems and the number of the others."""
    return "; ".join(problems[:most] + [f"and {len(problems) - most} more"][: len(problems) > most])


def _objects(value: Any, key: str) -> Iterator[tuple[str, dict[str, Any]]]:
    found = _look_up(value, key)
    for number, item in enumerate(found if isinstance(found, list) else ()):
        if isinstance(item, dict):
            yield f"{key}[{number}]", item


def _parts(value: Any) -> Iterator[tuple[str, Any]]:
    """List the parts that could become files and are not empty, each with its path."""
    for key, inner in _LISTS.items():
        for path, item in _objects(value, key):
            yield from ((f"{path}.{name}", item[name]) for name in inner if _filled(item.get(name)))
    for path in _GROUPS:
        if _filled(part := _look_up(value, path)):
            yield path, part


def _filled(part: Any) -> bool:
    return bool(part.strip() if isinstance(part, str) else part)


def _is_placeholder(part: Any) -> bool:
    if not isinstance(part, str) or len(part) > 10_000:
        return False
    lines = _BLOCK_COMMENT.sub("", part).splitlines()
    return all(_HOLLOW.fullmatch(line.strip()) for line in lines if line.strip())


def _numbers(value: Any, parts: int) -> Iterator[str]:
    files, confidence = _look_up(value, "files_count"), _look_up(value, "confidence")
    if not _is_integer(files):
        yield "files_count is not an integer"
    elif not 1 <= files <= 10:
        yield f"files_count is {files!s:.20}, not 1 to 10"
    elif files > parts:
        yield f"files_count is {files}, but only {parts} parts hold anything"
    if not _is_integer(confidence) or not 0 <= confidence <= 100:
        yield "confidence is not an integer from 0 to 100"


def _middleware(value: Any) -> Iterator[str]:
    defined = [item.get("name") for _, item in _objects(value, "middleware")]
    for path, item in _objects(value, "api_endpoints"):
        used = item.get("middleware")
        for name in used if isinstance(used, list) else ():
            if name not in defined:
                yield f"{path} names middleware {json.dumps(name):.40}, which is not defined"


def _openapi(value: Any) -> Iterator[str]:
    document = _look_up(value, "documentation.openapi")
    if isinstance(document, str):
        try:
            document = _loaded(document)
        except (yaml.YAMLError, ValueError, RecursionError):
            yield "openapi does not parse"
            return
    paths = document.get("paths") if isinstance(document, dict) else None
    if not isinstance(paths, dict):
        yield "openapi documents no paths"
        return
    built = {
        (_normal(str(item.get("path"))), str(item.get("method")).lower())
        for _, item in _objects(value, "api_endpoints")
    }
    told = {
        (str(path), str(method).lower())
        for path, operations in paths.items()
        for method in (operations if isinstance(operations, dict) else ())
        if str(method).lower() in _METHODS
    }
    if all(
        {(_normal(base + path), way) for path, way in told} != built for base in _bases(document)
    ):
        plain = {(_normal(path), way) for path, way in told}
        odd = sorted(f"{way.upper()} {path}" for path, way in plain ^ built)
        yield f"openapi and api_endpoints differ: {json.dumps(', '.join(odd)):.100}"


def _loaded(text: str) -> Any:
    """Read JSON or YAML; PyYAML alone would refuse JSON that is indented with tabs."""
    try:
        return json.loads(text)
    except ValueError:
        return yaml.load(text, Loader=_LOADER)


def _bases(document: dict[str, Any]) -> Iterator[str]:
    """List what stands before every documented path: nothing, or the path of a server."""
    yield ""
    for _, server in _objects(document, "servers"):
        yield re.sub(r"^\w+://[^/]*", "", str(server.get("url", ""))).rstrip("/")


def _normal(path: str) -> str:
    """Leave out what two spellings of one path may differ in: names of parameters, last slash."""
    return re.sub(r"\{[^}]*\}|:\w+", "{}", path.split("?", 1)[0]).rstrip("/") or "/"


def _syntax_error(code: str) -> str | None:
    if _is_placeholder(code) and "\n" not in code.strip() and "\\n" in code:
        return "its line breaks are escaped twice"  # behind a comment all of it is comment
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(textwrap.dedent(code))
    except SyntaxError as error:
        return f"{error.msg} (line {error.lineno})"
    except (ValueError, RecursionError, MemoryError) as error:
        return type(error).__name__
    return None
