"""Packs: ready suites that any coding agent can be put through.

This repository's own evaluations are the packs. A wheel holds them without their recordings; where
the package is used out of a checkout, they are read where they stand. Whoever copies one owns the
copy: it names no variant, and holds no agent to anything.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from promptverdict.core.errors import InputError, Problem
from promptverdict.core.paths import display_path
from promptverdict.core.strict_yaml import parse
from promptverdict.core.text import format_count
from promptverdict.core.yaml_removal import Keys, remove_keys, replace_text
from promptverdict.scenarios.discovery import SUITE_FILE, find_suites, list_scenarios
from promptverdict.scenarios.loading import load_suite
from promptverdict.scenarios.solution import EVIDENCE, FOLDER
from promptverdict.scenarios.suite import Suite
from promptverdict.scenarios.workspace_files import read_tree
from promptverdict.trials.tree import Node

_PACKAGE = Path(__file__).parents[1]
_LEFT_OUT = "cassettes"
_OWN_KEYS = ("pack", "variants", "baseline", "known_failing", "pairwise", "contemporary", "gate")
"""Keys of a suite that are about this repository: its agents, recordings and merges."""
_OWN_BEHAVIOUR_KEYS = ("promised", "control", "weak", "binds_on_words")
"""Keys of a behaviour that hold an agent to it."""


@dataclass(frozen=True)
class Pack:
    """A suite that can be copied."""

    name: str
    folder: Path
    suite: Suite

    @property
    def scenarios(self) -> int:
        """How many scenarios it has."""
        return len(list_scenarios(self.folder))

    def read_files(self) -> dict[str, Node]:
        """Read the files of a copy, by their paths in its folder.

        All but the recordings, and the solutions that are edits of one. Raises InputError for what
        cannot be read.
        """
        files = {
            path: node
            for path, node in read_tree(self.folder).items()
            if not path.startswith(f"{_LEFT_OUT}/")
        }
        for path in [path for path in files if self._edits_a_recording(path, files[path])]:
            del files[path]
            files.pop(f"{path.removesuffix('.yaml')}{EVIDENCE}", None)
        where = display_path(self.folder / SUITE_FILE)
        text = remove_keys(files[SUITE_FILE].content.decode(), where, self._list_own_keys())
        if self.suite.description:
            text = replace_text(text, where, "description", self._describe_to_others())
        return files | {SUITE_FILE: Node("file", text.encode())}

    def _describe_to_others(self) -> str:
        """Return the description without the sentences about this repository's agents."""
        agents = {name.partition("/")[0] for name in self.suite.variants}
        variants = {name.partition("/")[2] for name in self.suite.variants} - {""}
        named = [re.escape(agent) for agent in agents]
        named += [rf"prompt {re.escape(variant)}" for variant in variants]
        ours = re.compile(rf"\b(?:{'|'.join(named)})\b") if named else None
        sentences = re.split(r"(?<=[.?!]) ", self.suite.description)
        return " ".join(each for each in sentences if not (ours and ours.search(each)))

    def _edits_a_recording(self, path: str, node: Node) -> bool:
        if (
            not path.startswith(f"{FOLDER}/")
            or path.endswith(EVIDENCE)
            or not path.endswith(".yaml")
        ):
            return False
        data = parse(node.content.decode(), display_path(self.folder / path)).data
        edits = data.get("edits") if isinstance(data, dict) else None
        return isinstance(edits, dict) and "trial" in edits

    def _list_own_keys(self) -> list[Keys]:
        return [(key,) for key in _OWN_KEYS] + [
            ("behaviours", behaviour, key)
            for behaviour in self.suite.behaviours
            for key in _OWN_BEHAVIOUR_KEYS
        ]


def find_packs(place: Path | None = None) -> dict[str, Pack]:
    """Find the packs of this installation, or below a folder: name -> pack, sorted.

    Raises InputError for two of one name, and for what cannot be read.
    """
    packs: dict[str, Pack] = {}
    for path in find_suites(place or _find_place()):
        loaded = load_suite(path)
        name = loaded.suite.pack
        if name is None:
            continue
        if name in packs:
            found = f"{display_path(packs[name].folder / SUITE_FILE)} is the pack {name} already"
            raise InputError([Problem(display_path(path), found, "give it another name")])
        packs[name] = Pack(name, loaded.folder, loaded.suite)
    return dict(sorted(packs.items()))


def choose_packs(asked: str, known: dict[str, Pack]) -> list[Pack]:
    """Return the packs named in `tdd,scope`. Raises InputError that lists the known ones."""
    names = list(dict.fromkeys(name.strip() for name in asked.split(",") if name.strip()))
    if names and all(name in known for name in names):
        return [known[name] for name in names]
    unknown = ", ".join(name for name in names if name not in known) or "nothing"
    listed = "\n".join(
        f"    {pack.name}: {pack.suite.title}, {format_count(pack.scenarios, 'scenario')}"
        for pack in known.values()
    )
    raise InputError(
        [Problem("--pack", f"there is no pack {unknown}", f"name some of these:\n{listed}")]
    )


def _find_place() -> Path:
    installed = _PACKAGE / "packs"
    return installed if installed.is_dir() else _PACKAGE.parents[1] / "evals"
