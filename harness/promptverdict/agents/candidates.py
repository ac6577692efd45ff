"""Which files may be agents, and the ids that they would have."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from glob import has_magic
from pathlib import Path

from promptverdict.agents.dialects.detection import COPILOT_ENDINGS, SKILL_FILE
from promptverdict.agents.dialects.rules import split_words
from promptverdict.core.errors import InputError, Problem
from promptverdict.core.files import describe_read_error

TEXT_ENDINGS = frozenset(
    {".txt", ".text", ".markdown", ".mdown", ".mdx", ".mdc", ".prompt", ".prompty", ".rst", ".adoc"}
)
"""Endings that are read in a folder without .md files; a file named by itself may have any."""

_DOCUMENTS = split_words(
    "readme changelog changes history contributing code_of_conduct security license licence notice"
    " authors maintainers todo roadmap index agents claude gemini"
)
"""Stems of files, in lower case, that lie beside agents and are none."""
_MAX_FOLDERS = 5_000
"""Folders below one place that are looked into: a home, or a whole disk, holds more."""
_MAX_DEPTH = 20
"""Folders in folders that are looked into."""


@dataclass(frozen=True)
class Candidate:
    """A file that may hold an agent, and the id it would have."""

    path: Path
    agent: str
    variant: str | None
    depth: int = 0
    """Folders between the place and the file."""
    alone: bool = False
    """Whether it was asked for by its own name, not found in a folder."""

    @property
    def id(self) -> str:
        """`agent/variant`, or `agent` for a file that stands alone."""
        return f"{self.agent}/{self.variant}" if self.variant else self.agent


def is_document(candidate: Candidate, *, beside_agents: bool) -> bool:
    """Return whether a file without frontmatter is a document and no agent.

    beside_agents: whether another file of the same places has frontmatter.
    """
    stem = candidate.path.stem.lower()
    if candidate.alone:
        return False
    return stem == "readme" or (beside_agents and (stem in _DOCUMENTS or candidate.depth > 1))


def find_candidates(places: Sequence[Path | str], problems: list[Problem]) -> Iterator[Candidate]:
    """Find the files that may be agents, each once; what cannot be read adds to the problems."""
    seen: set[tuple[Path, str]] = set()
    for place in places:
        for path, prefix in _expand(Path(place), problems):
            for candidate in _find_below(path, prefix, problems):
                agent = (candidate.path.absolute(), candidate.id)
                if agent not in seen:
                    seen.add(agent)
                    yield candidate


def find_top(place: Path) -> Path:
    """Return the part of a place before its wildcards, if it has any."""
    magic = [number for number, part in enumerate(place.parts) if has_magic(part)]
    return Path(*place.parts[: magic[0]]) if magic else place


def _expand(place: Path, problems: list[Problem]) -> Iterator[tuple[Path, tuple[str, ...]]]:
    """Find the paths that a place with wildcards stands for, with the parts that they matched."""
    parts = place.parts
    magic = [number for number, part in enumerate(parts) if has_magic(part)]
    # A folder may have such characters in its name, and then it is meant.
    if not magic or os.path.lexists(place):
        yield place, ()
        return
    top = find_top(place)
    found = sorted(top.glob("/".join(parts[magic[0] :])))
    if not _is_hidden(Path(*parts[magic[0] :])):
        # As in a shell, and as in folders: wildcards find nothing hidden.
        found = [path for path in found if not _is_hidden(path.relative_to(top))]
    if not found:
        cure = "correct the pattern, or create the folder"
        problems.append(Problem(place.as_posix(), "no path is like this", cure))
    for path in found:
        matched = path.relative_to(top).parts
        # `**` stands for any number of parts: then all of them tell apart what it matched.
        whole = "**" in parts
        offsets = range(len(matched)) if whole else [number - magic[0] for number in magic]
        yield path, tuple(matched[number] for number in offsets)


def _is_hidden(path: Path) -> bool:
    """Return whether a part of a path begins with a dot."""
    return any(part[:1] == "." for part in path.parts)


def _find_below(
    path: Path, prefix: tuple[str, ...], problems: list[Problem]
) -> Iterator[Candidate]:
    if not is_folder(path):
        if prefix and prefix[-1] == path.name:
            prefix = prefix[:-1]
        yield _build(path, prefix, None, depth=0, alone=True)
        return
    yield from _walk(path, _Place(path, path.resolve()), prefix, 0, problems)


@dataclass
class _Place:
    """A place that is walked through, and how many of its folders were looked into."""

    path: Path
    root: Path
    folders: int = 0


def _walk(
    folder: Path, place: _Place, names: tuple[str, ...], depth: int, problems: list[Problem]
) -> Iterator[Candidate]:
    """Find the files of a folder, then those of its folders; a skill's folder holds only that.

    Raises InputError for a place with too many of them.
    """
    place.folders += 1
    if place.folders > _MAX_FOLDERS:
        found = f"more than {_MAX_FOLDERS:,} folders lie in it: agents do not lie in so many"
        cure = "name the folder of the agents: [tool.promptverdict] agents, or as an argument"
        raise InputError([Problem(format_path(place.path), found, cure)])
    files, folders = _list_entries(folder, place.root, problems)
    skill = next((file for file in files if file.name == SKILL_FILE), None)
    if skill:
        yield _build(skill, names, None, depth)
        return
    holder = folder.name if depth else None
    yield from (_build(file, names, holder, depth) for file in _choose_agent_files(files))
    if depth >= _MAX_DEPTH and folders:
        found = f"folders in it are more than {_MAX_DEPTH} deep: they are not read"
        problems.append(Problem(format_path(folder), found, "move the agents up"))
        return
    for inner in folders:
        yield from _walk(inner, place, (*names, inner.name), depth + 1, problems)


def _build(
    path: Path, names: tuple[str, ...], holder: str | None, depth: int, *, alone: bool = False
) -> Candidate:
    """Build a candidate; names: those before its stem. holder: the folder whose variant it is."""
    if path.name == SKILL_FILE:
        parts = names or (path.absolute().parent.name,)
        return Candidate(path, "/".join(parts), None, depth, alone)
    stem = next(
        (path.name[: -len(end)] for end in COPILOT_ENDINGS if path.name.lower().endswith(end)),
        path.stem,
    )
    if holder is None:
        return Candidate(path, "/".join((*names, stem)), None, depth, alone)
    return Candidate(path, "/".join(names), stem, depth, alone)


def _list_entries(
    folder: Path, root: Path, problems: list[Problem]
) -> tuple[list[Path], list[Path]]:
    """List a folder's files and folders, without hidden ones and links that lead out of root."""
    try:
        entries = sorted(entry for entry in folder.iterdir() if entry.name[:1] != ".")
        for entry in entries[:1]:
            entry.lstat()  # names can be listed in a folder that may not be entered
    except OSError as error:
        problems.append(_describe_unreadable(folder, error))
        return [], []
    inside = []
    for entry in entries:
        if entry.is_symlink() and not _is_inside(entry, root):
            link = "a symbolic link that leads out of the folder, or nowhere"
            problems.append(Problem(format_path(entry), link, "put the file itself here"))
        elif not (entry.is_symlink() and is_folder(entry) and _is_loop(entry, folder)):
            inside.append(entry)
    folders = [entry for entry in inside if is_folder(entry)]
    for entry in folders:
        if entry.suffix.lower() == ".md" and _is_empty(entry):
            problem = Problem(format_path(entry), "it is a folder", "write an agent file there")
            problems.append(problem)
    return [entry for entry in inside if entry not in folders], folders


def _describe_unreadable(folder: Path, error: OSError) -> Problem:
    words = describe_read_error(error)
    return Problem(format_path(folder), f"cannot be read: {words}", "check its permissions")


def _is_empty(folder: Path) -> bool:
    """Return whether a folder has no entry; not where that cannot be known."""
    try:
        return not any(folder.iterdir())
    except OSError:
        return False


def is_folder(path: Path) -> bool:
    """Return whether a path is a folder; not where that cannot be known."""
    try:
        return path.is_dir()
    except OSError:
        return False


def _is_inside(link: Path, root: Path) -> bool:
    try:
        return link.resolve(strict=True).is_relative_to(root)
    except (OSError, RuntimeError):
        return False


def _is_loop(link: Path, folder: Path) -> bool:
    """Return whether a link to a folder leads to one that it lies in: its files are read there."""
    return folder.resolve().is_relative_to(link.resolve())


def _choose_agent_files(files: list[Path]) -> list[Path]:
    """List the files that may be agents: *.md, or other texts where the only .md is a README."""
    markdown = [file for file in files if file.suffix.lower() == ".md"]
    if any(file.stem.lower() != "readme" for file in markdown):
        return markdown
    return markdown + [file for file in files if file.suffix.lower() in TEXT_ENDINGS]


def format_path(path: Path) -> str:
    """Format a path as it was found, links not followed, from the working folder if it is below."""
    try:
        return path.relative_to(Path.cwd()).as_posix()
    except ValueError:
        return path.as_posix()
