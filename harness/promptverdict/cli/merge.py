"""`promptverdict merge RUN...`: join the shards of one run, wherever they ran."""

from __future__ import annotations

import argparse
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from promptverdict.core.errors import InputError, Problem
from promptverdict.core.paths import display_path
from promptverdict.core.text import escape_lines, format_count
from promptverdict.settings import resolve
from promptverdict.trials.runs import find_run, is_shard_name
from promptverdict.trials.store import LATEST
from promptverdict.trials.stored_records import describe_unsealed

if TYPE_CHECKING:
    from promptverdict.comparison.merging import MergedRun
    from promptverdict.comparison.run_plan import RunPlan
    from promptverdict.comparison.shard_runs import ShardRun
    from promptverdict.comparison.verdicts import Comparisons
    from promptverdict.runner.cells import Cell
    from promptverdict.settings import Settings

_STATUSES = {0: "passed", 7: "error"}
"""Exit code of a gate -> how its item would have ended in a run of one process."""


def add_parser(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the verb."""
    parser = verbs.add_parser(
        "merge",
        help="join the shards of one run, and judge its gates",
        description="Join runs that were made with --shard into the run that one machine would"
        " have made. They must be all the shards of one plan, and the suites, agents and settings"
        " here must be those that they ran with. Of two runs of one shard the newer counts.",
    )
    parser.add_argument("runs", nargs="+", metavar="RUN", help="name or folder of a shard's run")
    parser.add_argument("--into", metavar="NAME", help="name of the merged run (default: a time)")
    parser.add_argument("--results", help="folder of the runs (default: the configured one)")


def run(asked: argparse.Namespace) -> int:
    """Merge, compare where one run would have, and print what it comes to.

    The exit code is 1 where a gate fails or a shard had failures, 7 where evidence cannot be used.
    Raises InputError for runs that are not of one plan, and EvidenceError for what is missing.
    """
    from promptverdict.comparison.merging import MergedRun
    from promptverdict.comparison.shard_runs import check_complete, choose_newest, read_shards

    results = Path(resolve(Path.cwd(), {"results": asked.results}).results)
    _check_name(asked.into)
    read = read_shards(find_run(results, name) for name in asked.runs)
    settings = _restore_settings(read[0].plan)
    every, refused = _load_cells(read[0].plan, settings)
    cells = [cell for cell in every if cell.id in read[0].plan.plan.cells]
    _check_plan(read[0].plan, cells, settings)
    shards = choose_newest(read)
    check_complete(shards)
    merged = MergedRun(results, shards, asked.into)
    try:
        superseded = len(read) - len(shards)
        return _finish(merged, shards, cells, every, refused, settings, superseded=superseded)
    finally:
        merged.discard()


def _check_name(name: str | None) -> None:
    if name is None:
        return
    is_taken = name == LATEST or is_shard_name(name)
    if not name or Path(name).name != name or name.startswith(".") or is_taken:
        cure = "write the name of a folder that is made in the results"
        raise InputError([Problem("--into", f"`{name}` is not a name of a run", cure)])


def _restore_settings(plan: RunPlan) -> Settings:
    """Resolve the settings anew, with the options that the shards were given.

    What pyproject.toml alone can say is read here; where it differs, so does the plan.
    """
    return resolve(Path.cwd(), plan.options, environment={})


def _load_cells(plan: RunPlan, settings: Settings) -> tuple[list[Cell], dict[str, set[str]]]:
    """Load all cells of the plan's suites, in the order in which pytest collects them.

    Also returns, for each suite, the variants whose cells cannot run.
    """
    from promptverdict.agents.discovery import find_agents
    from promptverdict.runner.cell_selection import select_cells
    from promptverdict.scenarios.discovery import SUITE_FILE, list_scenarios
    from promptverdict.scenarios.loading import load_scenario, load_suite

    agents = find_agents([Path.cwd() / place for place in settings.agent_places])
    cells: list[Cell] = []
    refused: dict[str, set[str]] = {}
    for folder in sorted(map(Path, plan.folders.values())):
        suite = load_suite(Path.cwd() / folder / SUITE_FILE)
        for path in list_scenarios(suite.folder):
            scenario = load_scenario(path, suite)
            chosen = select_cells(scenario, agents, settings, by_hand=plan.agents_by_hand)
            cells += chosen.cells
            refused.setdefault(suite.id, set()).update(chosen.refused)
    return cells, refused


def _check_plan(plan: RunPlan, cells: Sequence[Cell], settings: Settings) -> None:
    """Raise InputError where what lies here is not what the shards ran with."""
    from promptverdict.comparison.run_plan import build_run_plan, list_differences

    by_hand = plan.agents_by_hand
    here = build_run_plan(cells, settings, Path.cwd(), agents_by_hand=by_hand)
    if here.digest != plan.digest:
        changes = "; ".join(list_differences(plan, here)) or "promptverdict itself"
        found = f"not what the shards ran with: {changes}"
        cure = "check out the commit that they ran at, and merge there"
        raise InputError([Problem("the suites, agents and settings here", found, cure)])


def _finish(
    merged: MergedRun,
    shards: Sequence[ShardRun],
    cells: Sequence[Cell],
    every: Sequence[Cell],
    refused: Mapping[str, Collection[str]],
    settings: Settings,
    *,
    superseded: int,
) -> int:
    from promptverdict.comparison.run_plan import count_trials
    from promptverdict.comparison.shard_runs import count_ended, read_lost
    from promptverdict.comparison.verdicts import find_worst_exit_code

    planned = {
        trial.id: trial.key
        for cell in cells
        for trial in map(cell.get_trial, range(count_trials(cell, settings)))
    }
    suites = {cell.scenario.suite.id: cell.scenario.suite.suite for cell in cells}
    gated = [
        name for name, suite in suites.items() if suite.gate and (suite.baseline or settings.base)
    ]
    ended = count_ended(shards)
    codes = {1 if ended["failed"] or read_lost(shards) else 7 if ended["error"] else 0}
    lines = []
    if settings.base or gated:
        from promptverdict.report.terminal.comparison import render_comparisons
        from promptverdict.report.terminal.console import detect_terminal

        comparisons = _compare(merged, shards, cells, every, planned, settings)
        terminal = detect_terminal(has_details=False)
        lines.append(render_comparisons(comparisons, terminal=terminal).rstrip("\n"))
        for name in gated:
            code, status, line = _judge_gate(name, comparisons, cells, refused[name])
            codes.add(code)
            ended[status] += 1
            lines.append(escape_lines(line))
    merged.finish(planned, ended)
    for line in lines:
        print(line)
    for shard in shards:
        if unsealed := describe_unsealed(shard.folder):
            print(unsealed)
    if superseded:
        print(f"{format_count(superseded, 'run')} left out: of each shard the newest run counts")
    cells_ended = ", ".join(f"{count} {status}" for status, count in sorted(ended.items()))
    print(
        f"{display_path(merged.folder)}: {format_count(len(shards), 'shard')},"
        f" {format_count(len(planned), 'trial')}; {cells_ended or 'no cell'}"
    )
    return find_worst_exit_code(codes)


def _compare(
    merged: MergedRun,
    shards: Sequence[ShardRun],
    cells: Sequence[Cell],
    every: Sequence[Cell],
    planned: dict[str, str],
    settings: Settings,
) -> Comparisons:
    """Compare as the end of one run would have, and store the result with the run."""
    from promptverdict.comparison.against_revision import OlderRecords
    from promptverdict.comparison.conclusion import conclude
    from promptverdict.comparison.shard_runs import read_lost
    from promptverdict.comparison.storage import write_comparisons

    comparisons = conclude(
        cells,
        [cell.id for cell in every],
        merged.read_trials(planned.values()),
        settings,
        Path.cwd(),
        OlderRecords(merged.run.save, read_lost(shards)),
    )
    merged.check_older_side()
    write_comparisons(merged.run.folder, comparisons)
    return comparisons


def _judge_gate(
    suite: str, comparisons: Comparisons, cells: Sequence[Cell], refused: Collection[str]
) -> tuple[int, str, str]:
    """Judge a suite's gate: exit code, how its item would have ended, and a line of why."""
    from promptverdict.comparison.conclusion import conclude_gate

    gate = conclude_gate(suite, comparisons, cells, sorted(refused))
    status = _STATUSES.get(gate.exit_code, "failed")
    return gate.exit_code, status, f"gate of {suite}: {status}: {'; '.join(gate.reasons)}"
