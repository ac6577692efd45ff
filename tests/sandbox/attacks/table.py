"""The attack table: tries every attack on the shipped sandbox, and each control on a naive one."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from promptverdict.sandbox import Sandbox, TrialFolders
from promptverdict.sandbox.bubblewrap import Bubblewrap

from tests.sandbox.attacks import naive
from tests.sandbox.attacks.rows import INSIDE, Attack
from tests.sandbox.attacks.targets import Targets, open_targets

_GUEST = Path(__file__).with_name("guest.py")


@dataclass(frozen=True)
class Tried:
    """How one attack ended; design: the naive one it was tried on, None for the shipped one."""

    attack: str
    held: bool
    design: str | None = None
    note: str = ""

    @property
    def is_as_it_must_be(self) -> bool:
        """Whether the shipped sandbox held, or the naive one did not."""
        return self.held is (self.design is None)


def count(tried: Sequence[Tried]) -> str:
    """Format the table's result as one line."""
    attacks = [row for row in tried if row.design is None]
    controls = [row for row in tried if row.design is not None]
    failed = sum(not row.held for row in controls)
    line = (
        f"{len(attacks)} attacks, {sum(not row.held for row in attacks)} not held,"
        f" {failed} controls failed as they must"
    )
    return line + (f", {len(controls) - failed} did not" if failed < len(controls) else "")


def try_inside(sandbox: Sandbox, attacks: Sequence[Attack] = INSIDE) -> list[Tried]:
    """Try the attacks that a command makes: all in one command, one after the other."""
    with naive.open_folders() as folders, open_targets(folders.root) as targets:
        return list(_try(sandbox, folders, targets, attacks, None))


def try_controls(sandbox: Bubblewrap, attacks: Sequence[Attack] = INSIDE) -> Iterator[Tried]:
    """Try, on each naive design, the attacks that it must let through."""
    for name in naive.DESIGNS:
        chosen = [attack for attack in attacks if name in attack.controls]
        if not naive.is_possible(name):
            continue
        with (
            naive.open_folders(name) as folders,
            open_targets(folders.root) as targets,
            naive.weaken(name, sandbox, targets.canary) as weak,
        ):
            yield from _try(weak, folders, targets, chosen, name)


def _try(
    sandbox: Sandbox,
    folders: TrialFolders,
    targets: Targets,
    attacks: Iterable[Attack],
    design: str | None,
) -> Iterator[Tried]:
    codes = {each.name: (each.language, targets.fill(each.code)) for each in attacks}
    argv = ["python3", "-I", "-c", _GUEST.read_text(encoding="utf-8"), json.dumps(codes)]
    done = sandbox.run(argv, folders, timeout=60)
    ended = dict(json.loads(line) for line in done.output.splitlines() if line.startswith("["))
    if ended.keys() != codes.keys():
        missing = sorted(codes.keys() - ended.keys())
        raise AssertionError(f"not tried: {missing}; {done.stopped} {done.output[-2000:]}")
    for name, succeeded in ended.items():
        yield Tried(name, not succeeded, design)
