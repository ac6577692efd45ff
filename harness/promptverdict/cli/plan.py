"""`promptverdict plan`: what a comparison will consist of and could find, before it is made."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from promptverdict.cli.agent_cells import CellReader
from promptverdict.core.errors import BrokenRecording
from promptverdict.core.text import format_count
from promptverdict.settings import resolve

if TYPE_CHECKING:
    from promptverdict.comparison.plan import Plan
    from promptverdict.runner.cells import Cell
    from promptverdict.runner.decisions import Decision
    from promptverdict.scenarios.suite import Suite
    from promptverdict.settings import Settings

_RATES = (0.9, 0.5)
"""Rates of the baseline for which the change is told that would be found."""


def add_parser(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the verb."""
    parser = verbs.add_parser(
        "plan",
        help="see what a comparison will ask, could find and will take, before results are seen",
        description="Print the scenarios, sides and trials of a comparison, the change that it"
        " would find, and the tokens and price of what is not recorded yet. With --seal the plan's"
        " digest is kept, and every later comparison says whether it kept to the plan.",
    )
    parser.add_argument("paths", nargs="*", default=["evals"], help="suites or scenario files")
    parser.add_argument("-k", dest="keyword", metavar="EXPRESSION", help="as pytest takes it")
    parser.add_argument("--base", metavar="REF", help="compare each variant with itself at REF")
    parser.add_argument("--trials", help="attempts a cell (default: the suite's)")
    parser.add_argument("--model", help="model for every agent, as provider/name")
    parser.add_argument("--results", help="folder of the runs (default: the configured one)")
    parser.add_argument("--seal", action="store_true", help="keep the plan in the results")
    parser.add_argument("--json", action="store_true", help="print the plan as JSON instead")


def run(asked: argparse.Namespace) -> int:
    """Print the plan, and seal it where that is asked for.

    Raises InputError, and BrokenRecording with all recordings that cannot be used.
    """
    from promptverdict.comparison.plan import build_plan, format_plan, seal_plan
    from promptverdict.scenarios.loading import load_scenarios

    given = {name: getattr(asked, name) for name in ("base", "trials", "model", "results")}
    settings = resolve(Path.cwd(), given)
    reader = CellReader(settings)
    cells = list(reader.select(load_scenarios([Path(path) for path in asked.paths])))
    if asked.keyword is not None:
        from promptverdict.cli.keyword_selection import select_by_keyword

        cells = select_by_keyword(cells, asked.keyword, asked.paths)
    plan = build_plan(cells, settings, Path.cwd())
    if asked.json:
        print(json.dumps({"digest": plan.digest} | json.loads(format_plan(plan)), indent=1))
    else:
        for line in _render(plan, cells, settings):
            print(line)
    if asked.seal:
        sealed = seal_plan(plan, Path(settings.results))
        print(f"sealed: {sealed.digest} at {sealed.sealed}")
    return reader.report()


def _render(plan: Plan, cells: Sequence[Cell], settings: Settings) -> Iterator[str]:
    by_suite: dict[str, list[Cell]] = {}
    for cell in cells:
        by_suite.setdefault(cell.scenario.suite.id, []).append(cell)
    compared = f"each variant with itself at {plan.base}" if plan.base else "with the baselines"
    count = sum(_count_judged(own[0].scenario.suite.suite) for own in by_suite.values())
    yield f"plan {plan.digest}: {compared}"
    for name, own in by_suite.items():
        yield from _render_suite(name, own, settings, count)
    decisions = list(_decide(cells, settings))
    trials = [decision.trial for decision in decisions if decision.records]
    broken = [str(d.error) for d in decisions if isinstance(d.error, BrokenRecording)]
    if trials:
        from promptverdict.runner.estimate import estimate

        yield f"not recorded yet: {estimate(trials, settings.prices)}"
    elif not broken:
        yield "everything is recorded"
    if broken:
        raise BrokenRecording("\n".join(dict.fromkeys(broken)))


def _render_suite(
    name: str, cells: Sequence[Cell], settings: Settings, judged: int
) -> Iterator[str]:
    suite = cells[0].scenario.suite.suite
    scenarios = list(dict.fromkeys(cell.scenario.id for cell in cells))
    variants = dict.fromkeys(cell.variant.id for cell in cells)
    trials = settings.trials or suite.trials
    yield (
        f"{name}: {format_count(len(scenarios), 'scenario')},"
        f" {format_count(len(variants), 'variant')}, {format_count(trials, 'trial')} of each cell"
    )
    graded: dict[str, list[str]] = {behaviour: [] for behaviour in suite.behaviours}
    for scenario in {cell.scenario.id: cell.scenario for cell in cells}.values():
        for behaviour in scenario.scenario.grades:
            graded[behaviour].append(scenario.id)
    for theme_name, theme in suite.themes.items():
        names = {place for behaviour in theme.behaviours for place in graded.get(behaviour, ())}
        tests = 1 if theme.role == "primary" else len(suite.themes)
        yield f"  {theme_name} ({theme.role}): {_find_power(suite, names, trials, tests)}"
    for behaviour, places in graded.items():
        if places:
            yield f"  {behaviour}: {_find_power(suite, set(places), trials, judged)}"


def _count_judged(suite: Suite) -> int:
    return len(suite.behaviours)


def _find_power(suite: Suite, scenarios: set[str], trials: int, tests: int) -> str:
    """Write what so many scenarios could show, as one of some tests that Holm adjusts."""
    units = _count_units(suite, scenarios)
    needed = _count_flips_needed(units, tests)
    if needed is None:
        return f"n {units}: too few scenarios for a verdict, whatever happens"
    changes = [_find_change(rate, units, trials, tests) for rate in _RATES]
    drops = ", ".join(
        f"{round(100 * change)} points from {round(100 * rate)} %"
        for rate, change in zip(_RATES, changes, strict=True)
        if change is not None
    )
    usually = f"; a drop of {drops} is found four times in five" if drops else ""
    return f"n {units}: a verdict takes {needed} that change one way and none the other{usually}"


def _count_units(suite: Suite, scenarios: set[str]) -> int:
    families = {name: family for family, names in suite.families.items() for name in names}
    return len({families.get(name, name) for name in scenarios})


def _count_flips_needed(units: int, tests: int) -> int | None:
    """Count the fewest one-sided changes that give a verdict, judged by the procedure itself."""
    from promptverdict.stats.compare import compare
    from promptverdict.stats.corrections import adjust_verdicts

    nothing = compare(*_score_sides(units, 0))
    for flips in range(1, units + 1):
        results = {"this": compare(*_score_sides(units, flips))}
        results |= {f"other-{number}": nothing for number in range(tests - 1)}
        if adjust_verdicts(results)["this"].verdict == "regressed":
            return flips
    return None


def _score_sides(
    units: int, flips: int
) -> tuple[Mapping[str, list[float]], Mapping[str, list[float]]]:
    names = [f"s{number}" for number in range(units)]
    after = {name: [0.0 if number < flips else 1.0] for number, name in enumerate(names)}
    return {name: [1.0] for name in names}, after


def _find_change(rate: float, units: int, trials: int, tests: int) -> float | None:
    """Find the smallest drop, in steps of 5 points, that is found with 80 % power."""
    from promptverdict.stats.planning import simulate_power
    from promptverdict.stats.suites import Chances

    steps = [step / 100 for step in range(5, round(100 * rate), 5)]
    low, high = 0, len(steps)
    while low < high:
        middle = (low + high) // 2
        power = simulate_power(Chances(rate), -steps[middle], units, trials, 0.05 / tests)
        low, high = (low, middle) if power >= 0.8 else (middle + 1, high)
    return steps[low] if low < len(steps) else None


def _decide(cells: Sequence[Cell], settings: Settings) -> Iterator[Decision]:
    """Decide about the trials of both sides, as a run would that records what is missing."""
    if settings.base:
        from promptverdict.comparison.both_sides import BothSides

        with BothSides(settings.base, Path.cwd(), cells, settings) as sides:
            for cell in cells:
                trials = [cell.get_trial(number) for number in _list_numbers(cell, settings)]
                yield from sides.decide(cell, trials, "once")
        return
    from promptverdict.runner.decisions import decide

    for cell in cells:
        for number in _list_numbers(cell, settings):
            yield decide(cell.get_trial(number), "stale")


def _list_numbers(cell: Cell, settings: Settings) -> range:
    return range(settings.trials or cell.scenario.suite.suite.trials)
