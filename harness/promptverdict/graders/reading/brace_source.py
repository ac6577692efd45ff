"""Sources in languages with braces (JavaScript, TypeScript, Go, Rust ...), read by their lines.

No parser: a block begins on a line that names it and ends on the first line that is indented no
deeper and closes something, as every formatter of these languages leaves it. Comments on lines of
their own and blank lines mean nothing.
"""

from __future__ import annotations

import re
from functools import lru_cache

_LANGUAGE = re.compile(
    r"\.(?:[cm]?[jt]sx?|go|rs|java|kts?|cs|php|swift|scala|dart|c|cc|cpp|h|hpp)$"
)
_COMMENT = re.compile(r"^\s*(?://|/\*|\*(?:\s|/|$)|#!)")
_CLOSING = re.compile(r"^\s*[})\]]")
_DEFINED = re.compile(
    r"^(?P<indent>\s*)(?P<head>(?:export|default|pub(?:\([^)\n]*\))?|async|public|static|abstract"
    r"|final|override|unsafe|extern|declare|const(?=\s+fn\b))\s+){0,6}"
    r"(?:(?:function\*?|class|interface|enum|struct|trait|fn|fun|type|mod)\s+(?P<name>[A-Za-z_$][\w$]*)"
    r"|func\s+(?:\([^)\n]*\)\s*)?(?P<func>[A-Za-z_]\w*)"
    r"|(?:const|let|var)\s+(?P<value>[A-Za-z_$][\w$]*)\s*(?::[^=\n]+)?=\s*(?:async\s*)?"
    r"(?:function\b|\([^()\n]*\)[^=\n]*=>|[A-Za-z_$][\w$]*\s*=>|class\b)"
    r"|(?:exports|module\.exports)\.(?P<exported>[A-Za-z_$][\w$]*)\s*=)"
)
_METHOD = re.compile(
    r"^(?P<indent>\s+)(?:static\s+|async\s+|public\s+|#)?(?P<name>[A-Za-z_$][\w$]*)\([^()\n]*\)[^;\n]*\{$"
)
_KEYWORDS = frozenset(
    {"if", "for", "while", "switch", "catch", "function", "return", "constructor"}
)
_STUB = re.compile(
    r"^(?:throw new Error\(.*\);?|return Promise\.reject\(.*\);?|(?:todo|unimplemented)!\(.*\);?"
    r"|panic!?\(.*\);?|throw new \w*(?:NotImplemented|UnsupportedOperation)\w*\(.*\);?|TODO\(.*\))$"
)
_EXPORTS = re.compile(r"^\s*(?:module\.exports\s*=|export)\s*\{[\w\s,$]*\};?$")
_TITLE = re.compile(r"^\s*(?:it|test)\(\s*(['\"`])([^'\"`\n]+)\1")
_INLINE_TESTS = re.compile(r"^(?P<indent>\s*)#\[cfg\(test\)\]\s*$")


def is_braced(path: str) -> bool:
    """Whether a file is written in such a language."""
    return _LANGUAGE.search(path) is not None


@lru_cache(maxsize=512)
def describe_code(content: bytes, *, inline_tests: bool = True) -> str:
    """Describe what a source means: its lines without comments, stubs, lists of exports, blanks.

    inline_tests: keep what Rust compiles for tests alone.
    """
    lines = _list_lines(content)
    dropped = {number for number, line in enumerate(lines) if _EXPORTS.match(line)}
    for number, name in _list_heads(lines):
        if name and _is_stub(lines[number : _find_end(lines, number)]):
            dropped.update(range(number, _find_end(lines, number)))
    if not inline_tests:
        dropped |= _find_inline_tests(lines)
    return "\n".join(line.strip() for n, line in enumerate(lines) if n not in dropped)


@lru_cache(maxsize=512)
def strip_inline_tests(content: bytes) -> bytes:
    """Take out of a source of Rust what is compiled for tests alone, comments and blank lines."""
    lines = _list_lines(content)
    inside = _find_inline_tests(lines)
    return "\n".join(line for n, line in enumerate(lines) if n not in inside).encode()


@lru_cache(maxsize=512)
def map_blocks(content: bytes) -> dict[str, str]:
    """Map what a source defines, functions and types, to its lines; stubs are not there yet."""
    lines = _list_lines(content)
    inside = _find_inline_tests(lines)
    blocks: dict[str, str] = {}
    for number, name in _list_heads(lines):
        if number not in inside:
            block = lines[number : _find_end(lines, number)]
            if not _is_stub(block):
                blocks.setdefault(name, "\n".join(line.strip() for line in block))
    return blocks


@lru_cache(maxsize=2048)
def find_test_block(content: bytes, title: str) -> str | None:
    """Find the lines of a test by its name or its title; None where no line names it."""
    lines = _list_lines(content)
    name = re.escape(title)
    word = re.compile(
        rf"\b(?:func|fn|function|void|def)\s+{name}\s*[(<]|(['\"`]){name}\1"
        if re.fullmatch(r"\w+", title)
        else rf"(['\"`]){name}\1"
    )
    for number, line in enumerate(lines):
        if word.search(line):
            return "\n".join(part.strip() for part in lines[number : _find_end(lines, number)])
    return None


@lru_cache(maxsize=512)
def list_titles(content: bytes) -> tuple[str, ...]:
    """List the titles of JavaScript's tests, `it('...')` and `test('...')`, that are to run."""
    titles = (_TITLE.match(line) for line in _list_lines(content))
    return tuple(title[2] for title in titles if title)


@lru_cache(maxsize=512)
def list_rust_tests(content: bytes) -> tuple[str, ...]:
    """List the functions that Rust's `#[test]` marks and `#[ignore]` does not."""
    names: list[str] = []
    marked: list[str] = []
    for line in _list_lines(content):
        if line.lstrip().startswith("#["):
            marked.append(line.strip())
            continue
        function = re.match(r"\s*(?:pub\s+)?(?:async\s+)?fn\s+(\w+)", line)
        is_test = any("test]" in mark or "test(" in mark for mark in marked)
        if function and is_test and not any("ignore" in mark for mark in marked):
            names.append(function[1])
        marked = []
    return tuple(names)


def is_public_block(path: str, name: str, block: str) -> bool:
    """Whether a definition can be used from elsewhere, by the habits of its language."""
    last = name.rpartition(".")[2]
    if path.endswith(".go"):
        return last[:1].isupper()
    if path.endswith(".rs"):
        return block.startswith("pub")
    return not any(part.startswith(("_", "#")) for part in name.split("."))


def is_skipped_block(block: str) -> bool:
    """Whether a test's first line says that it is not to be run."""
    head = block.partition("\n")[0]
    return re.search(r"\b(?:x(?:it|test|describe)|pending)\b|\.(?:skip|todo)\b", head) is not None


@lru_cache(maxsize=512)
def _list_lines(content: bytes) -> tuple[str, ...]:
    text = content.decode("utf-8", "replace")
    return tuple(
        line.rstrip() for line in text.splitlines() if line.strip() and not _COMMENT.match(line)
    )


def _list_heads(lines: tuple[str, ...]) -> list[tuple[int, str]]:
    """List the lines that define something, each with the name; a method has that of its class."""
    heads: list[tuple[int, str]] = []
    owner, owner_end = "", 0
    for number, line in enumerate(lines):
        if defined := _DEFINED.match(line):
            name = next(filter(None, defined.group("name", "func", "value", "exported")))
            if number < owner_end and defined["indent"]:
                name = f"{owner}.{name}"
            else:
                owner, owner_end = name, _find_end(lines, number)
            heads.append((number, name))
        elif number < owner_end and (name := _find_method(line)):
            heads.append((number, f"{owner}.{name}"))
    return heads


def _find_method(line: str) -> str | None:
    method = _METHOD.match(line)
    return method["name"] if method and method["name"] not in _KEYWORDS else None


def _find_end(lines: tuple[str, ...], start: int) -> int:
    """Find the line behind a block: it ends with the first closing line no deeper than its head."""
    depth = _measure_indent(lines[start])
    opened = re.search(r"[{(\[]\s*(?:\|[^|]*\|)?$|=>$|=$", lines[start])
    if not opened:
        return start + 1
    for number in range(start + 1, len(lines)):
        if _measure_indent(lines[number]) <= depth:
            return number + 1 if _CLOSING.match(lines[number]) else number
    return len(lines)


def _measure_indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _is_stub(block: tuple[str, ...]) -> bool:
    """Whether a block holds one statement, which only says that there is nothing yet."""
    inner = [line.strip() for line in block[1:] if not _CLOSING.match(line)]
    if len(block) == 1 and "{" in block[0]:
        inner = [block[0].partition("{")[2].rpartition("}")[0].strip()]
    return len(inner) == 1 and _STUB.match(inner[0]) is not None


def _find_inline_tests(lines: tuple[str, ...]) -> set[int]:
    """Find the lines that Rust compiles for tests alone."""
    inside: set[int] = set()
    for number, line in enumerate(lines[:-1]):
        if _INLINE_TESTS.match(line):
            inside.update(range(number, _find_end(lines, number + 1)))
    return inside
