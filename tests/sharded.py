"""Shards of a small project's run, made in this process and without pytest."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

from promptverdict.pytest_plugin.session import EvalSession
from promptverdict.runner.invocation import Invocation
from promptverdict.scenarios.discovery import list_scenarios
from promptverdict.settings import resolve
from promptverdict.trials.store import MANIFEST, Run


def run_shard(root: Path, shard: str, leave_out: str = "", **given: Any) -> Path:
    """Run one shard without pytest, as its session does, and return its folder."""
    settings = resolve(root, {"shard": shard, **given})
    base = ("--base", settings.base) if settings.base else ()
    invocation = Invocation(("evals", *base), base)
    session = EvalSession(settings, root, agents_by_hand=False, invocation=invocation)
    paths = list_scenarios(root / "evals/manners")
    cells = [cell for path in paths for cell in session.reader.select_cells(path).cells]
    cells = [cell for cell in cells if cell.scenario.id != leave_out]
    others = session.planned.select_others(cells)
    own = [cell for cell in cells if cell.scenario.path not in others]
    session.planned.set_cells(own)
    session.start(print)
    ended = Counter(
        "failed" if session.finish_cell(cell, print).list_shortcomings() else "measured"
        for cell in own
    )
    session.finish_shard(print)
    session.close()
    assert session.folder
    Run(session.folder).finish(whole=True, ended=ended)
    return session.folder


def run_shards(root: Path, total: int, **given: Any) -> list[Path]:
    """Run every shard, and list their folders."""
    return [run_shard(root, f"{number}/{total}", **given) for number in range(1, total + 1)]


def read_folder(folder: Path) -> dict[str, bytes]:
    """Read what a run holds, save its manifest."""
    paths = (path for path in folder.rglob("*") if path.is_file())
    names = {path.relative_to(folder).as_posix(): path for path in paths}
    return {name: path.read_bytes() for name, path in names.items() if name != MANIFEST}
