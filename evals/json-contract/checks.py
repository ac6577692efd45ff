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
from collections.abc import Iterator
from typing import Any

import yaml
from promptverdict.graders.json_answer import is_kind, join_problems, look_up
from promptverdict.graders.reading.json_text import Answer, Reading, read_json
from promptverdict.trials.evidence import Evidence
from promptverdict.trials.grade import Finding, Point, failed, passed, ungraded

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


def counts_agree(evidence: Evidence) -> Finding:
    """Numbers within their limits, names defined, paths documented, no part a placeholder."""
    answer = Answer.read(evidence.events)
    reading = read_json(answer.text)
    if refused := _refused(answer, reading):
        return refused
    value, parts = reading.value, dict(_parts(reading.value))
    hollow = {path: part for path, part in parts.items() if _is_placeholder(part)}
    problems = [
        *_numbers(value, len(parts)),
        *_middleware(value),
        *_openapi(value),
        *(f"{path} is only a comment" for path in hollow),
    ]
    if not problems:
        return passed("counts, names and paths agree, and no part is a placeholder")
    points = [point for part in hollow.values() for point in _places(answer, reading, part)]
    return failed(join_problems(problems), *(points or _whole(answer, reading)))


def code_as_string(evidence: Evidence) -> Finding:
    """Code stands in strings; where the task says Python, each parses once it is decoded."""
    answer = Answer.read(evidence.events)
    reading = read_json(answer.text)
    if refused := _refused(answer, reading):
        return refused
    code = {path: part for path, part in _parts(reading.value) if _CODE.match(path)}
    broken = {path: "is not a string" for path, part in code.items() if not isinstance(part, str)}
    if re.search(r"\bpython\b", evidence.task.message, re.IGNORECASE):
        for path, part in code.items():
            if isinstance(part, str) and (error := _syntax_error(part)):
                broken[path] = f"does not parse as Python: {error}"
    if broken:
        points = [point for path in broken for point in _places(answer, reading, code[path])]
        problems = [f"{path} {problem}" for path, problem in broken.items()]
        return failed(join_problems(problems), *(points or _whole(answer, reading)))
    whole = [path for path, part in code.items() if not _is_placeholder(part)]
    if not whole:
        return failed("no part holds code", *_whole(answer, reading))
    return passed(f"{len(whole)} strings hold code that is whole", *_whole(answer, reading))


def explanation_inside(evidence: Evidence) -> Finding:
    """The summary and the readme together have room for an explanation: 300 characters."""
    answer = Answer.read(evidence.events)
    reading = read_json(answer.text)
    if refused := _refused(answer, reading):
        return refused
    texts = (look_up(reading.value, path) for path in ("summary", "documentation.readme"))
    length = sum(len(text.strip()) for text in texts if isinstance(text, str))
    told = f"summary and readme hold {length} characters"
    points = _whole(answer, reading)
    return passed(told, *points) if length >= 300 else failed(f"{told}, not 300", *points)


def _refused(answer: Answer, reading: Reading) -> Finding | None:
    if answer.cut:
        return ungraded("the answer was cut at the token limit")
    if reading.span is None:
        return failed(reading.problems[0], *answer.find_points(0, len(answer.text)))
    if not isinstance(reading.value, dict):
        return failed("the JSON is not an object", *_whole(answer, reading))
    return None


def _whole(answer: Answer, reading: Reading) -> tuple[Point, ...]:
    return answer.find_points(*(reading.span or (0, 0)))


def _places(answer: Answer, reading: Reading, part: Any) -> tuple[Point, ...]:
    """Point at a part as it is written in the answer; at nothing where it is written otherwise."""
    for ascii_only in (False, True):
        written = json.dumps(part, ensure_ascii=ascii_only)
        at = answer.text.find(written, *(reading.span or (0, 0)))
        if at >= 0:
            return answer.find_points(at, at + len(written))
    return ()


def _objects(value: Any, key: str) -> Iterator[tuple[str, dict[str, Any]]]:
    found = look_up(value, key)
    for number, item in enumerate(found if isinstance(found, list) else ()):
        if isinstance(item, dict):
            yield f"{key}[{number}]", item


def _parts(value: Any) -> Iterator[tuple[str, Any]]:
    """List the parts that could become files and are not empty, each with its path."""
    for key, inner in _LISTS.items():
        for path, item in _objects(value, key):
            yield from ((f"{path}.{name}", item[name]) for name in inner if _filled(item.get(name)))
    for path in _GROUPS:
        if _filled(part := look_up(value, path)):
            yield path, part


def _filled(part: Any) -> bool:
    return bool(part.strip() if isinstance(part, str) else part)


def _is_placeholder(part: Any) -> bool:
    if not isinstance(part, str) or len(part) > 10_000:
        return False
    lines = _BLOCK_COMMENT.sub("", part).splitlines()
    return all(_HOLLOW.fullmatch(line.strip()) for line in lines if line.strip())


def _numbers(value: Any, parts: int) -> Iterator[str]:
    files, confidence = look_up(value, "files_count"), look_up(value, "confidence")
    if not is_kind(files, "integer"):
        yield "files_count is not an integer"
    elif not 1 <= files <= 10:
        yield f"files_count is {files!s:.20}, not 1 to 10"
    elif files > parts:
        yield f"files_count is {files}, but only {parts} parts hold anything"
    if not is_kind(confidence, "integer") or not 0 <= confidence <= 100:
        yield "confidence is not an integer from 0 to 100"


def _middleware(value: Any) -> Iterator[str]:
    defined = [item.get("name") for _, item in _objects(value, "middleware")]
    for path, item in _objects(value, "api_endpoints"):
        used = item.get("middleware")
        for name in used if isinstance(used, list) else ():
            if name not in defined:
                yield f"{path} names middleware {json.dumps(name):.40}, which is not defined"


def _openapi(value: Any) -> Iterator[str]:
    document = look_up(value, "documentation.openapi")
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
