"""The YAML that recordings are written in: plain, diffable, and safe to read from a stranger.

Several lines are a literal block where YAML can hold them exactly and else a list of lines, marked
`!lines`, the only tag of our own. Nothing else than YAML's plain types is ever built on reading.
"""

from __future__ import annotations

import re
from typing import Any

import yaml

from harness.errors import BrokenRecording

MAX_DEPTH = 100
_DEEP = re.compile(r"[\[{]{40}|^(?: {80}|(?:- ){20})", re.MULTILINE)
"""What a text nested more deeply than MAX_DEPTH must hold somewhere; most texts do not."""


class _Dumper(yaml.CSafeDumper):
    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002
        return True


class _Loader(yaml.CSafeLoader):
    pass


def _represent_text(dumper: yaml.CSafeDumper, text: str) -> yaml.Node:
    if "\n" not in text:
        return dumper.represent_scalar("tag:yaml.org,2002:str", text)
    lines = text.split("\n")
    if all(line == line.rstrip() and line.isprintable() for line in lines) and lines[0][:1] != " ":
        return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|")
    return dumper.represent_sequence("!lines", lines, flow_style=False)


def _construct_lines(loader: yaml.CSafeLoader, node: yaml.Node) -> str:
    if not isinstance(node, yaml.SequenceNode):
        raise BrokenRecording("!lines must mark a list")
    return "\n".join(str(line) for line in loader.construct_sequence(node))


_Dumper.add_representer(str, _represent_text)
_Loader.add_constructor("!lines", _construct_lines)


def dump(data: Any) -> str:
    """Write plain data (mappings in their own order, lists, text, numbers, bytes) as YAML."""
    return str(
        yaml.dump(data, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=1_000_000)
    )


def load(text: str, where: str) -> Any:
    """Read what `dump` wrote. Raises BrokenRecording, naming `where`, for anything else."""
    try:
        if _DEEP.search(text):
            _refuse_depth(text, where)
        return yaml.load(text, Loader=_Loader)  # noqa: S506  a safe loader with one more tag
    except (yaml.YAMLError, ValueError) as error:
        told = " ".join(str(error).split())[:160]
        raise BrokenRecording(
            f"{where} is not a recording that can be read: {told}\n"
            "  restore it from version control, or record it again with --record all"
        ) from error


def _refuse_depth(text: str, where: str) -> None:
    """The C loader recurses once a level and would take the whole process with it."""
    depth = 0
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > MAX_DEPTH or isinstance(event, yaml.AliasEvent):
            raise BrokenRecording(f"{where}: nested too deeply to be a recording")
