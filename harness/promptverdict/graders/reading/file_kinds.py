"""What a file is by its path: a test, production code, or neither. Each language has its habits.

A test is what a language's own runners would take for one, whatever stands in it. Rust's unit tests
lie inside production files; `brace_source` takes them out.
"""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from functools import lru_cache

from promptverdict.guest.treehash import counts

_TEST = re.compile(
    r"(^|/)(?:tests?|__tests__|__mocks__|__snapshots__|testdata|e2e|cypress|benches|docs?)/"
    r"|(^|/)specs?/.*\.(?:rb|[cm]?[jt]sx?)$"
    r"|(^|/)(?:test_[^/]*|conftest|[^/]*_test)\.pyi?$"
    r"|(^|/)(?:[^/]*[._-](?:test|spec)s?|tests?|test-[^/]*)\.[cm]?[jt]sx?$"
    r"|\.snap$|_test\.go$|_(?:test|spec)\.rb$|_test\.exs$|(^|/)test_[^/]*\.(?:rb|sh|c|cc|cpp|jl)$"
    r"|(^|/)(?:[^/]*[a-z0-9](?:Tests?|IT|Spec)|Test[A-Z][^/]*)\.(?:java|kt|scala|groovy|cs|php|swift)$"
    r"|_(?:unit)?test\.(?:c|cc|cpp|cxx|dart)$|\.bats$"
    r"|(^|/)(?:run[_-]?)?tests?(?:\.sh)?$|[_-]tests?\.sh$"
)
_OTHER = re.compile(
    r"(^|/)(?:\.[^/]*|LICEN[CS]E|(?:GNU)?[Mm]akefile|Dockerfile|Justfile|justfile|Rakefile|Gemfile"
    r"|requirements[^/]*|go\.(?:mod|sum|work))($|/)"
    r"|(^|/)[^/]*\.config\.[cm]?[jt]s$|(^|/)(?:setup|noxfile|tasks)\.py$"
    r"|\.(?:md|rst|adoc|txt|toml|cfg|ini|ya?ml|json|lock|pyc|db|sqlite3?|log)$"
)
_GENERATED = re.compile(
    r"(^|/)(?:node_modules|htmlcov|[^/]*\.egg-info|\.(?:hypothesis|nyc_output|tox|nox|mypy_cache"
    r"|ruff_cache|cache|gradle))/|(^|/)(?:\.coverage[^/]*|coverage\.(?:xml|json|lcov|out)|lcov\.info)$"
    r"|(^|/)coverage/(?:lcov-report/|lcov\.info$|clover\.xml$|coverage-)"
    r"|(^|/)target/(?:debug|release|doc|tmp|surefire-reports|failsafe-reports|(?:test-)?classes|\.)"
)
"""Where package managers, compilers and coverage tools put what they make."""
_SOURCE = re.compile(
    r"\.(?:pyi?|[cm]?[jt]sx?|vue|svelte|astro|go|rs|java|kts?|scala|groovy|clj[cs]?|rb|erb|php"
    r"|cs|fs|vb|swift|mm?|c|cc|cpp|cxx|h|hh|hpp|d|zig|nim|dart|exs?|eex|heex|erl|hrl|hs|elm|mli?"
    r"|lua|pl|pm|r|R|jl|sh|bash|zsh|fish|ps1|bat|awk|sql|html?|css|scss|sass|less|jinja2?|j2|tmpl"
    r"|mustache|hbs|graphql|proto|thrift|tf|wasm|asm|s|f90|pas|cob|vhd|v|sol|ipynb)$"
)
_CONFIGURATION = re.compile(
    r"(^|/)(?:\.[^/]*|(?:GNU)?[Mm]akefile|Dockerfile|[Jj]ustfile|Rakefile|Gemfile|Procfile"
    r"|requirements[^/]*)$|\.(?:toml|cfg|ini|ya?ml|json5?|lock|xml|env|properties|gradle|mod|sum|cmake)$"
)
_DOCUMENT = re.compile(r"\.(?:md|rst|adoc|pyc|db|log)$|(?:^|/)(?:LICENSE|\.gitignore|\.coverage)$")
_TEXT = re.compile(r"(?<!requirements)\.txt$")


@lru_cache(maxsize=4096)
def is_test_file(path: str) -> bool:
    """Whether a file belongs to the tests, by its name or by a folder above it."""
    return _TEST.search(path) is not None


@lru_cache(maxsize=4096)
def is_production(path: str, patterns: tuple[str, ...]) -> bool:
    """Whether a file is production code: no test; without patterns, no configuration or docs."""
    if not counts(path) or is_test_file(path) or is_generated(path):
        return False
    return (
        any(fnmatchcase(path, glob) for glob in patterns) if patterns else not _OTHER.search(path)
    )


@lru_cache(maxsize=4096)
def is_generated(path: str) -> bool:
    """Whether a path lies where tools put what they make of other files."""
    return _GENERATED.search(path) is not None


@lru_cache(maxsize=4096)
def is_source(path: str) -> bool:
    """Whether a file's name says that it is written in some programming language."""
    return _SOURCE.search(path) is not None


@lru_cache(maxsize=4096)
def is_configuration(path: str) -> bool:
    """Whether a file says by its name that it configures a program."""
    return _CONFIGURATION.search(path) is not None


@lru_cache(maxsize=4096)
def is_document(path: str) -> bool:
    """Whether tests cannot depend on a file: documents, and what a run leaves behind."""
    if not counts(path) or is_generated(path):
        return True
    return _DOCUMENT.search(path) is not None or _TEXT.search(path) is not None
