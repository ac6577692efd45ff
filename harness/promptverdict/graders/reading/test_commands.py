"""Which test runners a shell command starts, and what it leaves visible of them.

A command that may have run tests is never taken for one that ran none: what it left decides.
Wrappers (npm, make, a script of the workspace) are followed into what the workspace says they run.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from promptverdict.graders.reading.file_kinds import is_test_file
from promptverdict.graders.reading.shell_syntax import Segment, split_command

_WITH_ARGUMENT = {"timeout": 1, "nice": 0, "env": 0, "stdbuf": 0, "chronic": 0, "npx": 0, "bunx": 0}
"""Programs that run what follows them -> how many words of their own come first."""
_RUN_BY = {
    ("uv", "run"), ("poetry", "run"), ("pdm", "run"), ("pipenv", "run"), ("hatch", "run"),
    ("rye", "run"), ("bundle", "exec"), ("npm", "exec"), ("pnpm", "exec"), ("pnpm", "dlx"),
    ("yarn", "exec"), ("yarn", "dlx"), ("coverage", "run"),
}  # fmt: skip
_RUNNERS = {
    "pytest": "pytest", "py.test": "pytest", "jest": "jest", "vitest": "vitest", "mocha": "mocha",
    "ava": "tap", "tap": "tap", "tape": "tap", "bats": "tap", "prove": "tap", "gotestsum": "go",
    "tox": "other", "nox": "other", "nose2": "unittest", "rspec": "other", "phpunit": "other",
    "ctest": "other", "karma": "other", "jasmine": "other", "cypress": "other", "trial": "unittest",
    "behave": "other", "stestr": "other", "green": "unittest", "minitest": "other",
}  # fmt: skip
"""Program -> whose output it prints; other: it runs tests, and its output is not read."""
_SUBCOMMANDS = {
    ("go", "test"): "go", ("cargo", "test"): "cargo", ("cargo", "t"): "cargo",
    ("cargo", "nextest"): "other", ("bun", "test"): "other", ("deno", "test"): "other",
    ("mvn", "test"): "other", ("mvn", "verify"): "other", ("gradle", "test"): "other",
    ("gradlew", "test"): "other", ("mvnw", "test"): "other", ("gradle", "check"): "other",
    ("gradlew", "check"): "other", ("dotnet", "test"): "other", ("mix", "test"): "other",
    ("swift", "test"): "other", ("rails", "test"): "other", ("dart", "test"): "other",
    ("flutter", "test"): "other", ("sbt", "test"): "other", ("lein", "test"): "other",
    ("stack", "test"): "other", ("cabal", "test"): "other", ("hatch", "test"): "other",
    ("playwright", "test"): "other", ("composer", "test"): "other", ("rake", "test"): "other",
    ("rake", "spec"): "other", ("artisan", "test"): "other", ("ng", "test"): "other",
    ("react-scripts", "test"): "jest", ("tap", "run"): "tap",
}  # fmt: skip
_LISTS_ONLY = re.compile(
    r"--(?:version|help|collect-only|co|fixtures|listTests|list|no-run|dry-run|showConfig)$|-[Vhn]$"
)
_TEST_WORD = re.compile(r"(?:^|[\W_])(?:tests?|checks?|specs?|ci|verify)(?:$|[\W_])", re.I)
_SHELLS = frozenset({"sh", "bash", "dash", "zsh", "ksh", "source", "."})
_PYTHON = re.compile(r"python[\d.]*$|pypy3?$")


@dataclass(frozen=True)
class Invocation:
    """One start of a test runner."""

    runner: str
    """Whose output to look for: unittest, node, go ...; script: one file that tests itself; other:
    what it prints is not read; wrapper: what it runs is not known yet."""
    segment: int
    """Number of the simple command."""
    target: str = ""
    """The script, or what the wrapper is asked for: `npm test`, `make tests`, `./scripts/test`."""


@dataclass(frozen=True)
class CommandReading:
    """A command with its test runs."""

    segments: tuple[Segment, ...]
    invocations: tuple[Invocation, ...]


@lru_cache(maxsize=1024)
def read_command(command: str) -> CommandReading:
    """Read which test runners a command starts."""
    segments = split_command(command)
    invocations: list[Invocation] = []
    for number, segment in enumerate(segments):
        for runner, target in _recognise(segment.words):
            invocations.append(Invocation(runner, number, target))
    return CommandReading(segments, tuple(invocations))


def is_test_run(command: str) -> bool:
    """Whether a command may run tests, as far as its text shows."""
    return bool(read_command(command).invocations)


def _recognise(words: tuple[str, ...], depth: int = 0) -> Iterator[tuple[str, str]]:
    """List the runners that a simple command starts, each with its target."""
    words = _unwrap(words)
    if not words or depth > 3:
        return
    program = words[0].rpartition("/")[2]
    arguments = words[1:]
    if any(_LISTS_ONLY.match(word) for word in arguments):
        return
    first = next((word for word in arguments if not word.startswith("-")), "")
    if _PYTHON.match(program):
        yield from _recognise_python(arguments)
    elif program in _SHELLS:
        yield from _recognise_shell(arguments, depth)
    elif program == "node":
        yield from _recognise_node(arguments)
    elif program in _RUNNERS:
        yield _RUNNERS[program], ""
    elif (program, first) in _SUBCOMMANDS:
        yield _SUBCOMMANDS[program, first], ""
    elif program in ("npm", "yarn", "pnpm", "bun"):
        yield from _recognise_npm(program, arguments)
    elif program in ("make", "gmake", "just", "task", "invoke", "inv", "rake"):
        targets = [word for word in arguments if not word.startswith("-") and "=" not in word]
        yield "wrapper", " ".join(["make" if program == "gmake" else program, *targets])
    elif "/" in words[0] and not words[0].startswith(("/usr/", "/bin/", "/opt/")):
        yield "wrapper", words[0]


def _unwrap(words: tuple[str, ...]) -> tuple[str, ...]:
    """Take away what only runs the rest: `timeout 60`, `uv run`, `env A=1`."""
    while words:
        program = words[0].rpartition("/")[2]
        if program in _WITH_ARGUMENT:
            own = _WITH_ARGUMENT[program]
            rest = list(words[1:])
            while rest and (rest[0].startswith("-") or "=" in rest[0] or own or rest[0].isdigit()):
                own -= not rest[0].startswith("-") and own > 0
                rest.pop(0)
            words = tuple(rest)
        elif tuple(words[:2]) in _RUN_BY or (program, *words[1:2]) in _RUN_BY:
            rest = list(words[2:])
            while rest and rest[0].startswith("-") and rest[0] != "-m":
                rest.pop(0)
            words = ("python", *rest) if rest[:1] == ["-m"] else tuple(rest)
        else:
            break
    return words


def _recognise_python(arguments: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    rest = list(arguments)
    while rest and rest[0].startswith("-") and rest[0] not in ("-m", "-c", "-"):
        takes_value = rest[0] in ("-W", "-X")
        rest = rest[2 if takes_value else 1 :]
    if rest[:1] == ["-m"] and len(rest) > 1:
        module = rest[1]
        if module in ("pytest", "py.test"):
            yield "pytest", ""
        elif module in ("unittest", "xmlrunner", "nose2"):
            yield "unittest", ""
        elif module == "coverage" and rest[2:3] == ["run"]:
            yield from _recognise(("coverage", *rest[2:]))
        elif module in ("tox", "nox", "behave"):
            yield "other", ""
        elif is_test_file(f"{module.replace('.', '/')}.py"):
            yield "script", f"{module.replace('.', '/')}.py"
    elif rest and rest[0].endswith(".py"):
        is_test = is_test_file(rest[0].removeprefix("./"))
        yield ("script" if is_test else "wrapper"), rest[0]


def _recognise_node(arguments: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    if any(word == "--test" or word.startswith("--test=") for word in arguments):
        yield "node", ""
        return
    script = next((word for word in arguments if not word.startswith("-")), "")
    if script and is_test_file(script.removeprefix("./")):
        yield "script", script


def _recognise_npm(program: str, arguments: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """Recognise scripts of package.json; yarn and pnpm run programs by their name, too."""
    rest = list(arguments)
    while rest and rest[0].startswith("-"):
        takes_folder = rest[0] in ("--prefix", "-C", "--cwd", "-w", "--workspace", "--filter")
        rest = rest[2 if takes_folder else 1 :]
    if not rest:
        return
    if rest[0] in ("run", "run-script") and len(rest) > 1:
        yield "wrapper", f"npm {rest[1]}"
    elif rest[0] in ("test", "t", "tst"):
        yield "wrapper", "npm test"
    elif program != "npm" and rest[0] not in ("install", "add", "remove", "build", "run"):
        known = _RUNNERS.get(rest[0])
        yield (known, "") if known else ("wrapper", f"npm {rest[0]}")


def _recognise_shell(arguments: tuple[str, ...], depth: int) -> Iterator[tuple[str, str]]:
    rest = list(arguments)
    while rest and rest[0].startswith("-"):
        if rest[0].endswith("c") and len(rest) > 1:
            for segment in split_command(rest[1]):
                yield from _recognise(segment.words, depth + 1)
            return
        rest.pop(0)
    if rest:
        yield "wrapper", rest[0]


def is_named_for_tests(target: str) -> bool:
    """Whether the name of a wrapper says that it runs tests."""
    return _TEST_WORD.search(target) is not None
