"""What `npm test`, `make tests` or `./scripts/test` run, as far as the workspace says it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import lru_cache

from promptverdict.graders.reading.python_source import read_source
from promptverdict.graders.reading.test_commands import Invocation, is_named_for_tests, read_command
from promptverdict.trials.tree import Tree

ANY = "any"
"""Stands for every runner: what a wrapper runs cannot be seen, and what is printed must say it."""

_DEEPEST = 4
_PYTHON_RUNNERS = (
    ("unittest", re.compile(r"\bunittest\.main\(|\bTextTestRunner\(|\bunittest\b.*\bdiscover\b")),
    ("pytest", re.compile(r"\bpytest\.main\(|\bimport pytest\b")),
    ("other", re.compile(r"['\"](?:pytest|unittest|tox|nox|npm|jest|vitest|mocha|cargo)['\"]")),
)
_TARGET = re.compile(r"^([^\s#:=][^:=\n]*):(?!=)([^\n]*)$", re.M)


def find_runners(invocation: Invocation, tree: Tree) -> frozenset[str]:
    """Find the runners that an invocation starts, wrappers followed; none where no tests run.

    `other` is one whose output is not read, `ANY` one that cannot be seen.
    """
    if invocation.runner != "wrapper":
        return frozenset({invocation.runner})
    return frozenset(_follow(invocation.target, tree, 0))


def _follow(target: str, tree: Tree, depth: int) -> Iterator[str]:
    program, _, name = target.partition(" ")
    named = is_named_for_tests(name or target)
    if program == "npm":
        texts = list(_list_npm_scripts(name, tree))
    elif program == "make":
        texts = list(_list_recipes(name.split(), tree))
    elif "/" in target or "." in target:
        yield from _follow_script(target, tree, depth)
        return
    else:
        texts = []
    if not texts or depth > _DEEPEST:
        if named:
            yield ANY
        return
    runners = {runner for text in texts for runner in _read_runners(text, tree, depth + 1)}
    # A script that is named for tests and starts no runner we know tests by means of its own.
    yield from runners or ({"other"} if named else ())


def _read_runners(text: str, tree: Tree, depth: int) -> Iterator[str]:
    for invocation in read_command(text).invocations:
        if invocation.runner != "wrapper":
            yield invocation.runner
        else:
            yield from _follow(invocation.target, tree, depth)


def _follow_script(target: str, tree: Tree, depth: int) -> Iterator[str]:
    named = is_named_for_tests(target.rpartition("/")[2])
    path = find_path(tree, target)
    if path is None or depth > _DEEPEST:
        if named:
            yield ANY
        return
    text = (read_source(tree, path) or b"").decode("utf-8", "replace")
    if path.endswith(".py") or "python" in text.partition("\n")[0]:
        runners = [runner for runner, rule in _PYTHON_RUNNERS if rule.search(text)][:1]
    else:
        runners = list(_read_runners(text, tree, depth + 1))
    yield from runners or (["other"] if named else [])


def find_path(tree: Tree, name: str) -> str | None:
    """Find a file that a command or a runner names, from whatever folder; None if it is not one."""
    path = name.removeprefix("file://").removeprefix("/workspace/").removeprefix("./")
    if path in tree:
        return path
    # What climbs out of a folder is looked for by what is left of it.
    path = path.replace("../", "")
    if not path or path.startswith("/"):
        return None
    matching = [other for other in tree if other.endswith(f"/{path}") or other == path]
    return min(matching, key=lambda other: (other.count("/"), other), default=None)


def _list_npm_scripts(name: str, tree: Tree) -> Iterator[str]:
    for path in tree:
        if path.rpartition("/")[2] == "package.json" and "node_modules/" not in path:
            scripts = _read_npm_scripts(read_source(tree, path) or b"")
            for script in (f"pre{name}", name, f"post{name}"):
                if script in scripts:
                    yield scripts[script]


@lru_cache(maxsize=128)
def _read_npm_scripts(content: bytes) -> dict[str, str]:
    try:
        package = json.loads(content)
    except (ValueError, RecursionError):
        return {}
    scripts = package.get("scripts") if isinstance(package, dict) else None
    if not isinstance(scripts, dict):
        return {}
    return {str(name): text for name, text in scripts.items() if isinstance(text, str)}


def _list_recipes(targets: list[str], tree: Tree) -> Iterator[str]:
    for path in tree:
        if path.rpartition("/")[2] in ("Makefile", "makefile", "GNUmakefile"):
            rules = _read_makefile(read_source(tree, path) or b"")
            todo, seen = list(targets or list(rules)[:1]), set()
            while todo:
                target = todo.pop()
                if target in rules and target not in seen:
                    seen.add(target)
                    needed, recipe = rules[target]
                    todo += needed
                    yield recipe


@lru_cache(maxsize=128)
def _read_makefile(content: bytes) -> dict[str, tuple[list[str], str]]:
    """Map each target to what it needs and to its recipe."""
    rules: dict[str, tuple[list[str], str]] = {}
    text = content.decode("utf-8", "replace").replace("\\\n", " ")
    lines = text.split("\n")
    for number, line in enumerate(lines):
        rule = _TARGET.match(line)
        if rule is None:
            continue
        recipe: list[str] = []
        for later in lines[number + 1 :]:
            if not later.startswith(("\t", " ")) and later.strip():
                break
            recipe.append(later.strip().lstrip("@-+"))
        for target in rule[1].split():
            rules.setdefault(target, (rule[2].partition("#")[0].split(), "\n".join(recipe)))
    return rules
