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
_TYPES: dict[str, tuple[type, ...]] = {
    "summary": (str,),
    "api_endpoints": (list,),
    "services": (list,),
    "models": (list,),
    "database.migrations": (str,),
    "database.seeds": (str,),
    "middleware": (list,),
    "configuration.environment": (str, dict),
    "configuration.dependencies": (str, list),
    "tests.unit": (str,),
    "tests.integration": (str,),
    "documentation.openapi": (str, dict),
    "documentation.readme": (str,),
    "files_count": (int,),
    "confidence": (int,),
}
_ITEM_TYPES: dict[str, dict[str, tuple[type, ...]]] = {
    "api_endpoints": dict.fromkeys(("path", "method", "handler", "tests"), (str,))
    | {"middleware": (list,)},
    "services": {"name": (str,), "code": (str,), "dependencies": (list,)},
    "models": {"name": (str,), "schema": (str, dict), "validations": (str, dict, list)},
    "middleware": {"name": (str,), "code": (str,)},
}
"""Types of the values in each list; a model's fields and rules may be data as well as code."""
_TYPE_NAMES = {str: "a string", list: "an array", dict: "an object", int: "an integer"}
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
_DEFINITION = re.compile(r"^\s*(class|def|async def)\s+\w+", re.MULTILINE)
_RING = re.compile(
    r"circular|\bcycl(e|es|ic|ical)\b|\b(ring|loop|circle)s?\b|chicken[- ]and[- ](the[- ])?egg"
    r"|(depend|need|require|want)s? (on )?(each other|one another)|mutual(ly)? depend"
    # A chain of arrows that ends where it began: A -> B -> A.
    r"|\b(?P<first>\w+)\W{0,3}(-+>|=>|\u2192)[^.;]{1,200}?(-+>|=>|\u2192)\W{0,3}(?P=first)\b",
    re.IGNORECASE,
)
_WAY = r"(?:GET|POST|PUT|PATCH|DELETE)"
_ASKED = re.compile(rf"({_WAY}(?:\s*(?:,|and|\|)\s*{_WAY})*)[\s|`]+(/(?:[\w/{{}}.-]*[\w}}/])?)")
_ROUTE = re.compile(
    r"@\w+\.(get|post|put|patch|delete)\(\s*(?:path\s*=\s*)?[rf]?[\"']([^\"']*)[\"']"
)
_PREFIX = re.compile(r"prefix\s*=\s*[\"']([^\"']*)[\"']")
_HEAD = re.compile(
    r"\s*(?:#|//|--|<!--|\"\"\")\s*`?([\w./-]*\w\.(?:py|sql|ya?ml|toml|txt|md|json))\b"
)
_NUMBERS = (
    *("zero", "one", "two", "three", "four", "five", "six"),
    *("seven", "eight", "nine", "ten", "eleven", "twelve"),
)


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
        *_find_other_routes(value),
        *(f"{path} is only a comment" for path in hollow),
    ]
    if not problems:
        return passed("counts, names and paths agree, and no part is a placeholder")
    points = [point for part in hollow.values() for point in answer.find_part(part)]
    return failed(_join(problems), *(points or answer.find_points()))


def required_keys(evidence: Evidence) -> Finding:
    """Every key of the prescribed structure is there, each with a value of its type."""
    answer = _read_answer(evidence)
    if isinstance(answer, Finding):
        return answer
    problems = [*_find_type_problems(answer.value, _TYPES)]
    for key, types in _ITEM_TYPES.items():
        items = answer.value.get(key)
        for number, item in enumerate(items if isinstance(items, list) else ()):
            problems += _find_type_problems(item, types, f"{key}[{number}].")
    if problems:
        return failed(_join(problems), *answer.find_points())
    return passed("every required key has a value of its type", *answer.find_points())


def _find_type_problems(
    value: Any, types: dict[str, tuple[type, ...]], before: str = ""
) -> Iterator[str]:
    for path, allowed in types.items():
        part = _look_up(value, path)
        if not isinstance(part, allowed) or isinstance(part, bool):
            names = " or ".join(_TYPE_NAMES[kind] for kind in allowed)
            yield f"{before}{path} is {'missing or null, ' * (part is None)}not {names}"


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


def _find_other_routes(value: Any) -> Iterator[str]:
    """Find endpoints whose handler has routes, and none for them; a router may have a prefix."""
    for path, item in _objects(value, "api_endpoints"):
        ways, full = str(item.get("method")).lower(), _normal(str(item.get("path")))
        routes = _ROUTE.findall(str(item.get("handler")))
        if routes and not any(
            way in ways and full.endswith(_normal(route).rstrip("/")) for way, route in routes
        ):
            yield f"{path} has another route in its handler: {' '.join(routes[0]):.60}"


def _openapi(value: Any) -> Iterator[str]:
    document = _look_up(value, "documentation.openapi")
    if not _filled(document):
        return  # The type alone is required: no document contradicts nothing.
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


def halts_or_counts_agree(evidence: Evidence) -> Finding:
    """Check an answer that may hold no code at all: then it counts no files."""
    answer = _read_contract(evidence)
    if isinstance(answer, Finding):
        return answer
    if _code_parts(answer.value):
        return counts_agree(evidence)
    files = _look_up(answer.value, "files_count")
    confidence = _look_up(answer.value, "confidence")
    if not _is_integer(files) or not 0 <= files <= len(dict(_parts(answer.value))):
        return failed("it holds no code, and files_count counts files", *answer.find_points())
    if not _is_integer(confidence) or not 0 <= confidence <= 100:
        return failed("confidence is not an integer from 0 to 100", *answer.find_points())
    return passed(f"it holds no code, and files_count is {files}", *answer.find_points())


def halts_or_code_as_string(evidence: Evidence) -> Finding:
    """Check the code of an answer that may hold none."""
    answer = _read_contract(evidence)
    if isinstance(answer, Finding) or _code_parts(answer.value):
        return code_as_string(evidence)
    return passed("it holds no code, so none is broken", *answer.find_points())


def halts_on_the_ring(evidence: Evidence) -> Finding:
    """Check that no code was written over a ring of dependencies, and that the ring is named.

    The rule does not depend on the form of the answer, so that prose is read as well.
    """
    answer = _read_contract(evidence)
    if isinstance(answer, Finding):
        if answer.outcome == "ungraded":
            return answer
        text = final_text(evidence.events)
        code, texts = _list_python_blocks(text), [text]
    else:
        code = list(_code_parts(answer.value).values())
        texts = list(_list_texts(answer.value))
    built = [part for part in code if isinstance(part, str) and _DEFINITION.search(part)]
    if built:
        first = next(line for line in built[0].splitlines() if _DEFINITION.match(line))
        return failed(f"it writes code all the same: {first.strip():.60}")
    if not any(_RING.search(text) for text in texts):
        return failed("it writes no code, and names no ring of dependencies")
    return passed("it writes no code and names the ring of dependencies")


def builds_what_was_asked(evidence: Evidence) -> Finding:
    """Check that the endpoints with code are those that the task names, no more and no fewer."""
    built = _read_built(evidence)
    if isinstance(built, Finding):
        return built
    asked = _list_asked(evidence)
    missing, extra = built.list_missing(asked), built.list_extra(asked)
    if missing or extra:
        absent = [f"{way.upper()} {path} is missing" for way, path in missing]
        return failed(_join(absent) or _describe_extra(extra))
    return passed(f"it builds the {len(asked)} endpoints that were asked for")


def builds_at_most_what_was_asked(evidence: Evidence) -> Finding:
    """Check that no endpoint has code that the task does not name; none at all is fine."""
    built = _read_built(evidence)
    if isinstance(built, Finding):
        return built
    if not final_text(evidence.events).strip():
        return failed("there is no final answer")
    if extra := built.list_extra(_list_asked(evidence)):
        return failed(_describe_extra(extra))
    return passed("it builds nothing that was not asked for")


def keeps_to_ten_files(evidence: Evidence) -> Finding:
    """Check that one answer holds at most ten files, and that what is left out is counted or named.

    Files are those that files_count tells and those that comments at the head of code name.
    """
    answer, built = _read_contract(evidence), _read_built(evidence)
    if isinstance(built, Finding):
        return built
    if isinstance(answer, Finding):
        told = final_text(evidence.events)
        problem = _describe_files(0, _list_python_blocks(told))
    else:
        parts = [part for _, part in _parts(answer.value) if isinstance(part, str)]
        problem = _describe_files(_look_up(answer.value, "files_count"), parts)
        texts = (_look_up(answer.value, path) for path in ("summary", "documentation.readme"))
        told = "\n".join(map(str, texts))
    asked = _list_asked(evidence)
    missing, extra = built.list_missing(asked), built.list_extra(asked)
    if problem or extra:
        return failed(problem or _describe_extra(extra))
    left = rf"\b({len(missing)}|{_NUMBERS[min(len(missing), 12)]})\b"
    named = all(path.rsplit("/", 1)[-1] in told for _, path in missing)
    if missing and not named and not re.search(left, told, re.IGNORECASE):
        return failed(f"{len(missing)} endpoints are left out, and nothing counts or names them")
    return passed(f"{len(asked) - len(missing)} of {len(asked)} endpoints, in at most ten files")


@dataclass(frozen=True)
class _Built:
    """The endpoints that have code: method in lower case, and path without names of parameters."""

    endpoints: frozenset[tuple[str, str]]
    prefixes: tuple[str, ...] = ("",)
    """What may stand before each path: prose shows routers whose prefix is told elsewhere."""

    def list_missing(self, asked: set[tuple[str, str]]) -> list[tuple[str, str]]:
        """List the endpoints asked for that have no code."""
        full = {
            (way, _normal(base + path)) for way, path in self.endpoints for base in self.prefixes
        }
        return sorted(asked - full)

    def list_extra(self, asked: set[tuple[str, str]]) -> list[tuple[str, str]]:
        """List the endpoints with code that were not asked for."""
        return sorted(
            (way, path)
            for way, path in self.endpoints
            if not any((way, _normal(base + path)) in asked for base in self.prefixes)
        )


def _describe_extra(extra: Iterable[tuple[str, str]]) -> str:
    return _join([f"{way.upper()} {path} was not asked for" for way, path in extra])


def _describe_files(count: Any, codes: Iterable[str]) -> str:
    """Describe why there are too many files: by their count, or by the comments that name them."""
    heads = _list_heads(codes)
    if not _is_integer(count) or count > 10:
        return f"files_count is {count!s:.20}, not at most 10"
    return f"the code names {len(heads)} files" if len(heads) > 10 else ""


def _read_built(evidence: Evidence) -> _Built | Finding:
    """Read the endpoints that have code, from the JSON or, where there is none, from prose."""
    answer = _read_contract(evidence)
    if not isinstance(answer, Finding):
        return _Built(
            frozenset(
                (str(item.get("method")).lower(), _normal(str(item.get("path"))))
                for _, item in _objects(answer.value, "api_endpoints")
                if _filled(item.get("handler")) and not _is_placeholder(item.get("handler"))
            )
        )
    if answer.outcome == "ungraded":
        return answer
    code = "\n".join(_list_python_blocks(final_text(evidence.events)))
    prefixes = tuple(base.rstrip("/") for base in _PREFIX.findall(code))
    return _Built(frozenset(_ROUTE.findall(code)), ("", *prefixes))


def _read_contract(evidence: Evidence) -> _Answer | Finding:
    """Read the prescribed object; JSON without any of its lists is an example that prose shows."""
    answer = _read_answer(evidence)
    if isinstance(answer, Finding) or any(key in answer.value for key in _LISTS):
        return answer
    return failed("the JSON has none of the prescribed lists", *answer.find_points())


def _list_asked(evidence: Evidence) -> set[tuple[str, str]]:
    """List the endpoints that the task names; where it names none, those of spec/ as set up."""
    text = evidence.task.message
    if not _ASKED.search(text):
        _, start = next(evidence.trees())
        texts = [node.content for path, node in sorted(start.items()) if path.startswith("spec/")]
        text = "\n".join(text.decode("utf-8", "replace") for text in texts if text)
    return {
        (way.lower(), _normal(path))
        for ways, path in _ASKED.findall(text)
        for way in re.findall(_WAY, ways)
    }


def _code_parts(value: Any) -> dict[str, Any]:
    """Return the parts that hold code: neither empty nor a mere comment."""
    return {
        path: part
        for path, part in _parts(value)
        if _CODE.match(path) and not _is_placeholder(part)
    }


def _list_texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _list_texts(part)


def _list_python_blocks(text: str) -> list[str]:
    """List the code fences of prose that hold Python, each after the line that stands before it."""
    blocks = []
    for info, body, end in _find_fences(text):
        if info in ("", "python", "py", "python3"):
            before = text[: text.rfind("```", 0, body)].rstrip().rsplit("\n", 1)[-1]
            blocks.append(f"# {before.strip('#*` :')}\n{text[body:end]}")
    return blocks


def _list_heads(codes: Iterable[str]) -> set[str]:
    """List the files that comments in the first two lines of some code name."""
    lines = (line for code in codes for line in code.strip().splitlines()[:2])
    return {found[1] for line in lines if (found := _HEAD.match(line))}
