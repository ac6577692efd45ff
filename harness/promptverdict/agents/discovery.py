"""Find and read agent files, in folders by agent, in a flat folder, or one alone."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from promptverdict.agents.frontmatter import split_frontmatter
from promptverdict.agents.normal_form import build_variant
from promptverdict.agents.variant import Diagnostic, Variant
from promptverdict.core.errors import InputError, Problem
from promptverdict.core.strict_yaml import CONFLICT, read_text

MAX_FILE_BYTES = 1_000_000
TEXT_ENDINGS = frozenset(
    {".txt", ".text", ".markdown", ".mdown", ".mdx", ".mdc", ".prompt", ".prompty", ".rst", ".adoc"}
)
"""Endings that are read in a folder without .md files; a file named by itself may have any."""
MAX_ID = 100
"""Characters of an id, which is part of paths and of pytest's node ids."""

_UNUSABLE_NAME = re.compile(r'[<>:"/\\|?*]|\.\.|^[ .-]|[ .]$')
_FENCE = re.compile(r" {0,3}(?:```|~~~)")


@dataclass(frozen=True)
class _Candidate:
    """A file that may hold an agent, and the id it would have."""

    path: Path
    agent: str
    variant: str | None
    alone: bool = False
    """Whether it was asked for by its own name, not found in a folder."""


@dataclass(frozen=True)
class _Loaded:
    """A variant, and the line of its file that names it."""

    variant: Variant
    name_line: int


def load_agents(path: Path) -> tuple[Variant, ...]:
    """Read the agents of a folder, or of one file, sorted by id.

    In a folder each file is an agent by its stem, and each folder in it an agent whose files are
    its variants. Read are *.md files and, where there are none, other text files; hidden files are
    not, and a README without frontmatter is none. Raises InputError with all problems of all files.
    """
    problems: list[Problem] = []
    loaded: list[_Loaded] = []
    for candidate in _find(path, problems):
        try:
            loaded += _read(candidate)
        except InputError as error:
            problems += error.problems
    problems += _find_id_problems(agent.variant for agent in loaded)
    if not problems and not loaded:
        cure = "give a file, or a folder of <agent>.md or <agent>/<variant>.md"
        problems.append(Problem(_format_path(path), "this folder has no agent file", cure))
    if problems:
        raise InputError(problems)
    return tuple(sorted(_add_duplicate_names(loaded), key=lambda variant: variant.id))


def _find(path: Path, problems: list[Problem]) -> Iterator[_Candidate]:
    """Find the files that may be agents; what cannot be read is added to the problems."""
    if not _is_folder(path):
        yield _Candidate(path, path.stem, None, alone=True)
        return
    root = path.resolve()
    files, folders = _list_entries(path, root, problems)
    yield from (_Candidate(file, file.stem, None) for file in _choose_agent_files(files))
    for folder in folders:
        inner, _ = _list_entries(folder, root, problems)
        yield from (_Candidate(file, folder.name, file.stem) for file in _choose_agent_files(inner))


def _list_entries(
    folder: Path, root: Path, problems: list[Problem]
) -> tuple[list[Path], list[Path]]:
    """List a folder's files and folders, without hidden ones and links that lead out of root."""
    try:
        entries = sorted(entry for entry in folder.iterdir() if entry.name[:1] != ".")
    except OSError as error:
        words = (error.strerror or str(error)).lower()
        problems.append(
            Problem(_format_path(folder), f"cannot be read: {words}", "check permissions")
        )
        return [], []
    inside = []
    for entry in entries:
        if entry.is_symlink() and not _is_inside(entry, root):
            link = "a symbolic link that leads out of the folder, or nowhere"
            problems.append(Problem(_format_path(entry), link, "put the file itself here"))
        else:
            inside.append(entry)
    folders = [entry for entry in inside if _is_folder(entry)]
    return [entry for entry in inside if entry not in folders], folders


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:
        return False


def _is_inside(link: Path, root: Path) -> bool:
    try:
        return link.resolve(strict=True).is_relative_to(root)
    except (OSError, RuntimeError):
        return False


def _choose_agent_files(files: list[Path]) -> list[Path]:
    """List the files that may be agents: *.md, or other texts where the only .md is a README."""
    markdown = [file for file in files if file.suffix.lower() == ".md"]
    if any(file.stem.lower() != "readme" for file in markdown):
        return markdown
    return markdown + [file for file in files if file.suffix.lower() in TEXT_ENDINGS]


def _read(candidate: _Candidate) -> list[_Loaded]:
    """Read one file: one variant, or none where it is a README."""
    where = _format_path(candidate.path)
    text = read_text(Path(where))
    if len(text.encode()) > MAX_FILE_BYTES:
        raise InputError([Problem(where, "an agent file of more than 1 MB", "shorten it")])
    source = split_frontmatter(text)
    if source.keys is None and not candidate.alone and candidate.path.stem.lower() == "readme":
        return []
    if line := _find_conflict(text):
        cure = "choose a side and remove the lines of <, = and >"
        raise InputError([Problem(f"{where}:{line}", "unresolved merge conflict", cure)])
    variant = build_variant(source, agent=candidate.agent, variant=candidate.variant, path=where)
    return [_Loaded(variant, source.lines.get("name", 1))]


def _find_conflict(text: str) -> int | None:
    """Find the first line that a merge left behind; an example in a code fence is none."""
    fenced = False
    for number, line in enumerate(text.split("\n"), start=1):
        if _FENCE.match(line):
            fenced = not fenced
        elif CONFLICT.match(line) and not fenced:
            return number
    return None


def _find_id_problems(variants: Iterable[Variant]) -> Iterator[Problem]:
    """Find ids that cannot be used, and those that a file system may take for one another."""
    taken: dict[str, Variant] = {}
    for variant in variants:
        names = (variant.agent, variant.variant or variant.agent)
        bad = any(_UNUSABLE_NAME.search(name) or not name.isprintable() for name in names)
        if bad or len(variant.id) > MAX_ID:
            unusable = f"its name makes no usable id: {variant.id!r:.120}"
            cure = f"use letters, digits, `-`, `_` and single dots, at most {MAX_ID} characters"
            yield Problem(variant.path, unusable, cure)
        # Results lie in a folder of this name, and some file systems fold case and accents.
        folder = unicodedata.normalize("NFC", variant.id.replace("/", ".")).casefold()
        first = taken.setdefault(folder, variant)
        if first is not variant:
            taken_by = f"its id {variant.id} is that of {first.path} (case aside)"
            yield Problem(variant.path, taken_by, "rename one of the two")


def _add_duplicate_names(loaded: Iterable[_Loaded]) -> Iterator[Variant]:
    """Add a diagnostic where agents share a name; variants of one agent may well share theirs."""
    loaded = tuple(loaded)
    claims: defaultdict[str, list[Variant]] = defaultdict(list)
    for agent in loaded:
        if agent.variant.name:
            claims[agent.variant.name].append(agent.variant)
    for agent in loaded:
        variant = agent.variant
        others = [
            other.path for other in claims[variant.name or ""] if other.agent != variant.agent
        ]
        if not others:
            yield variant
            continue
        text = f"{variant.name} is also the name in {', '.join(others[:3])}"
        shared = Diagnostic(line=agent.name_line, kind="duplicate-name", text=text)
        diagnostics = sorted((*variant.diagnostics, shared), key=lambda diagnostic: diagnostic.line)
        yield variant.model_copy(update={"diagnostics": tuple(diagnostics)})


def _format_path(path: Path) -> str:
    """Format a path as it was found, links not followed, from the working folder if it is below."""
    try:
        return path.relative_to(Path.cwd()).as_posix()
    except ValueError:
        return path.as_posix()
