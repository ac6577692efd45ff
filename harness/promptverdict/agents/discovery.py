"""Find and read agent files: in folders of any depth, in places with wildcards, or one alone."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import TypeVar

from promptverdict.agents.candidates import Candidate, find_candidates, format_path, is_document
from promptverdict.agents.frontmatter import split_frontmatter
from promptverdict.agents.merge_conflicts import find_conflict
from promptverdict.agents.normal_form import build_variant
from promptverdict.agents.variant import Diagnostic, Source, Variant
from promptverdict.core.errors import InputError, Problem
from promptverdict.core.strict_yaml import read_text

MAX_FILE_BYTES = 1_000_000
"""Size of the largest agent file."""
MAX_ID = 100
"""Characters of an id, which is part of paths and of pytest's node ids."""

_MOST_NAMED = 3
_UNUSABLE_PARTS = frozenset('<>:"\\|?*')
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class AgentFiles:
    """The agents of some places, what cannot be used, and what is no agent."""

    variants: tuple[Variant, ...] = ()
    """Sorted by id."""
    problems: tuple[Problem, ...] = ()
    """Of the files and folders that cannot be used."""
    broken: dict[str, tuple[Problem, ...]] = field(default_factory=dict)
    """Id that a file would have -> its problems."""
    skipped: tuple[str, ...] = ()
    """Paths of files that are no agents, such as a CHANGELOG."""

    @property
    def unnamed(self) -> tuple[Problem, ...]:
        """The problems that are not those of one file: an unreadable folder, a link elsewhere."""
        named = {problem for own in self.broken.values() for problem in own}
        return tuple(problem for problem in self.problems if problem not in named)


@dataclass(frozen=True)
class _Read:
    """A file that may hold an agent, taken apart."""

    candidate: Candidate
    source: Source
    conflict: int | None
    """The line of an unresolved merge."""

    @property
    def id(self) -> str:
        """The id that its agent would have."""
        return self.candidate.id


_T = TypeVar("_T", Candidate, _Read)
_R = TypeVar("_R")


@dataclass(frozen=True)
class _Loaded:
    """A variant, and the line of its file that names it."""

    variant: Variant
    name_line: int


def find_agents(places: Sequence[Path | str]) -> AgentFiles:
    """Read the agents of folders and files; what is wrong with one does not keep others out.

    In a folder each file is an agent by its stem, and each folder in it an agent whose files are
    its variants, at any depth. In a place with wildcards, such as `plugins/*/agents`, what the
    wildcards stand for begins the ids. Read are *.md files and, where a folder has none, other text
    files; hidden files are not, and documents without frontmatter, such as a README, are no agents.
    """
    problems: list[Problem] = []
    broken: dict[str, tuple[Problem, ...]] = {}
    candidates = list(find_candidates(places, problems))
    skipped, files = _separate_documents(_keep_usable(candidates, _read, broken))
    loaded = _keep_usable(files, _build, broken)
    usable: list[_Loaded] = []
    for agent, problem in _check_ids(loaded):
        if problem is None:
            usable.append(agent)
        else:
            broken[agent.variant.id] = (*broken.get(agent.variant.id, ()), problem)
    ids = dict.fromkeys([*(candidate.id for candidate in candidates), *broken])
    problems += [problem for id_ in ids for problem in broken.get(id_, ())]
    if not problems and not usable:
        cure = "give a file, or a folder of <agent>.md or <agent>/<variant>.md"
        where = ", ".join(format_path(Path(place)) for place in places)
        problems.append(Problem(where or "agents", "this folder has no agent file", cure))
    variants = sorted(_add_duplicate_names(usable), key=lambda variant: variant.id)
    return AgentFiles(tuple(variants), tuple(problems), broken, tuple(skipped))


def _keep_usable(
    things: Iterable[_T], do: Callable[[_T], _R], broken: dict[str, tuple[Problem, ...]]
) -> list[_R]:
    """List what becomes of each thing; what cannot be used is added to the broken by its id."""
    done = []
    for thing in things:
        try:
            done.append(do(thing))
        except InputError as error:
            broken[thing.id] = error.problems
    return done


def _read(candidate: Candidate) -> _Read:
    """Read one file and take it apart. Raises InputError."""
    where = format_path(candidate.path)
    text = read_text(Path(where))
    if len(text.encode()) > MAX_FILE_BYTES:
        raise InputError([Problem(where, "an agent file of more than 1 MB", "shorten it")])
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise InputError([Problem(f"{where}:{line}", "a NUL character", "remove it")])
    with candidate.path.open("rb") as file:
        is_marked = file.read(3) == _BYTE_ORDER_MARK
    source = replace(split_frontmatter(text), has_byte_order_mark=is_marked)
    return _Read(candidate, source, find_conflict(text))


def _separate_documents(files: list[_Read]) -> tuple[list[str], list[_Read]]:
    """Part the paths of documents without frontmatter from the files that are agents.

    A README is never an agent without frontmatter; a CHANGELOG, or a text deep in a folder, only
    where no other file has frontmatter.
    """
    has_frontmatter = any(file.source.keys is not None for file in files)
    skipped: list[str] = []
    agents: list[_Read] = []
    for file in files:
        plain = file.source.keys is None
        if plain and is_document(file.candidate, beside_agents=has_frontmatter):
            skipped.append(format_path(file.candidate.path))
        else:
            agents.append(file)
    return skipped, agents


def _build(file: _Read) -> _Loaded:
    candidate, where = file.candidate, format_path(file.candidate.path)
    if file.conflict:
        cure = "choose a side and remove the lines of <, = and >"
        raise InputError([Problem(f"{where}:{file.conflict}", "unresolved merge conflict", cure)])
    variant = build_variant(
        file.source,
        agent=candidate.agent,
        variant=candidate.variant,
        path=where,
        place=candidate.path.absolute(),
    )
    return _Loaded(variant, file.source.lines.get("name", 1))


def _check_ids(loaded: Iterable[_Loaded]) -> Iterator[tuple[_Loaded, Problem | None]]:
    """Pair each agent with what is wrong with its id: unusable, or taken for that of another."""
    taken: dict[str, Variant] = {}
    for agent in loaded:
        variant = agent.variant
        if any(map(_is_unusable, variant.id.split("/"))) or len(variant.id) > MAX_ID:
            found = f"its name makes no usable id: {variant.id!r:.120}"
            cure = f"use letters, digits, `-`, `_` and single dots, at most {MAX_ID} characters"
            yield agent, Problem(variant.path, found, cure)
            continue
        # Results lie in a folder of this name, and some file systems fold case and accents.
        folder = unicodedata.normalize("NFC", variant.id.replace("/", ".")).casefold()
        first = taken.setdefault(folder, variant)
        found = f"its id {variant.id} is that of {first.path} (case aside)"
        taken_by = Problem(variant.path, found, "rename one of the two")
        yield agent, None if first is variant else taken_by


def _is_unusable(name: str) -> bool:
    odd = _UNUSABLE_PARTS & set(name) or ".." in name or not name.isprintable()
    return bool(odd) or name[:1] in ("", " ", ".", "-") or name[-1:] in (" ", ".")


def _add_duplicate_names(loaded: Sequence[_Loaded]) -> Iterator[Variant]:
    """Add a diagnostic where agents share a name; variants with their folder's name may well."""
    claims: defaultdict[str, list[Variant]] = defaultdict(list)
    for agent in loaded:
        if agent.variant.name:
            claims[agent.variant.name].append(agent.variant)
    for agent in loaded:
        variant = agent.variant
        # Only as many as are named: each of thousands may share its name with all the others.
        others = list(islice(_list_namesakes(variant, claims), _MOST_NAMED))
        if not others:
            yield variant
            continue
        text = f"{variant.name} is also the name in {', '.join(others)}"
        shared = Diagnostic(line=agent.name_line, kind="duplicate-name", text=text)
        diagnostics = sorted((*variant.diagnostics, shared), key=lambda diagnostic: diagnostic.line)
        yield variant.model_copy(update={"diagnostics": tuple(diagnostics)})


def _list_namesakes(variant: Variant, claims: Mapping[str, list[Variant]]) -> Iterator[str]:
    """List the paths of other agents with its name; those of one folder of that name share it."""
    shares = variant.name == variant.agent.rpartition("/")[2]
    for other in claims.get(variant.name or "", ()):
        if other.path != variant.path and not (shares and other.agent == variant.agent):
            yield other.path
