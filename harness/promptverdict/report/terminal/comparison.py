"""Comparisons in the terminal: the verdict first, then what it rests on, then what to do next."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from promptverdict.comparison.behaviour_verdict import BehaviourVerdict
from promptverdict.comparison.verdicts import Comparison, Comparisons
from promptverdict.comparison.wording import describe_comparison, format_next_step
from promptverdict.core.ids import format_scenario_id
from promptverdict.core.text import format_count
from promptverdict.report.evidence import describe_sides
from promptverdict.report.figures import describe_gate, format_repeats, format_smallest_change
from promptverdict.report.fingerprint import MOST_NOTABLE, list_notable_measures
from promptverdict.report.flips import Flip, count_flips, group_flips, list_flips
from promptverdict.report.headline import combine_headlines, rank_word
from promptverdict.report.styles import get_style
from promptverdict.report.terminal.console import PLAIN, STYLES, Terminal, render_lines, style_text
from promptverdict.report.terminal.names import MANY, list_first
from promptverdict.report.terminal.tables import render_table
from promptverdict.report.verdict_table import build_verdict_table, list_verdicts

if TYPE_CHECKING:
    from rich.text import Text

MOST_LINES = 6
"""Of what flipped and of what does not pair, shown for one comparison."""
MOST_OF_A_WORD = 3
"""Comparisons of one word that are shown where there are many."""


def render_comparisons(
    compared: Comparisons,
    now: datetime | None = None,
    options: Sequence[str] = (),
    terminal: Terminal = PLAIN,
) -> str:
    """Render comparisons as text, the worst first, unchanged prompts in one line at the end.

    options: what leads `promptverdict show` to the run that was compared, if it is not the latest.
    """
    return render_lines(
        _list_blocks(compared, now or datetime.now(UTC), options, terminal), terminal
    )


def _list_blocks(
    compared: Comparisons, now: datetime, options: Sequence[str], terminal: Terminal
) -> Iterator[Text]:
    changed = sorted(
        (comparison for comparison in compared.comparisons if comparison.status != "unchanged"),
        key=lambda comparison: rank_word(comparison.word),
    )
    if len(changed) > 1:
        head = combine_headlines(changed)
        yield _build_headline(head.word, head.sentence, STYLES[head.style])
        yield style_text("")
    chosen = list(_choose_comparisons(changed))
    for number, comparison in enumerate(chosen):
        if number:
            yield style_text("")
        yield from _list_parts(comparison, now, options, terminal)
    if left_out := len(changed) - len(chosen):
        yield style_text("")
        yield style_text(f"{left_out} more comparisons are in the report: promptverdict report")
    names = [
        comparison.candidate.label
        for comparison in compared.comparisons
        if comparison.status == "unchanged"
    ]
    if names:
        yield style_text(f"Unchanged: {list_first(names, 'agent')}")
    yield from map(style_text, compared.notes)


def _choose_comparisons(comparisons: Sequence[Comparison]) -> Iterator[Comparison]:
    """Choose all, or of many the first of each word."""
    chosen: dict[str, int] = {}
    for comparison in comparisons:
        chosen[comparison.word] = chosen.get(comparison.word, 0) + 1
        if len(comparisons) < MANY or chosen[comparison.word] <= MOST_OF_A_WORD:
            yield comparison


def _build_headline(word: str, sentence: str, style: str) -> Text:
    from rich.text import Text

    return Text.assemble(style_text(word, style), ": ", style_text(sentence))


def _list_parts(
    comparison: Comparison, now: datetime, options: Sequence[str], terminal: Terminal
) -> Iterator[Text]:
    yield _build_headline(
        comparison.word.capitalize(),
        describe_comparison(comparison),
        STYLES[get_style(comparison.word)],
    )
    if table := build_verdict_table(comparison):
        yield from render_table(table, terminal)
    yield from map(style_text, _list_explanations(comparison, terminal))
    yield from map(style_text, _list_flip_lines(comparison, options))
    yield from map(style_text, _list_notes(comparison))
    yield style_text(f"evidence: {describe_sides(comparison, now)}")


def _list_explanations(comparison: Comparison, terminal: Terminal) -> Iterator[str]:
    """List why verdicts are what they are, and what they would miss; the same for several once."""
    verdicts = list(list_verdicts(comparison))
    yield from _group_reasons("why", _list_reasons(verdicts))
    if terminal.has_details:
        # The table has both as columns.
        return
    sizes = [
        f"{verdict.behaviour} {size}"
        for verdict in verdicts
        if (size := format_smallest_change(verdict))
    ]
    if sizes:
        yield f"usually missed, changes of fewer points than: {', '.join(sizes)}"
    yield from _group_reasons(
        "pass^k", ((verdict.behaviour, format_repeats(verdict)) for verdict in verdicts)
    )


def _list_reasons(verdicts: Sequence[BehaviourVerdict]) -> Iterator[tuple[str, str]]:
    """List (behaviour, reason); counts of too few scenarios go to the names, where they differ."""
    few = [verdict for verdict in verdicts if verdict.word == "too few scenarios"]
    differ = len({verdict.n for verdict in few}) > 1
    for verdict in verdicts:
        count = f" ({verdict.n})"
        if differ and verdict in few and verdict.reason.endswith(count):
            yield f"{verdict.behaviour}{count}", verdict.reason.removesuffix(count)
        else:
            yield verdict.behaviour, verdict.reason


def _group_reasons(title: str, reasons: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Write each reason once, with all that it is the reason of."""
    names: dict[str, list[str]] = {}
    for name, reason in reasons:
        if reason:
            names.setdefault(reason, []).append(name)
    yield from (f"{title}: {', '.join(group)}: {reason}" for reason, group in names.items())


def _list_flip_lines(comparison: Comparison, options: Sequence[str]) -> Iterator[str]:
    """List what flipped, scenario by scenario, each with a trial that shows it."""
    flips = list_flips(comparison)
    if not flips:
        return
    yield f"flipped: {count_flips(flips)}"
    scenarios = group_flips(flips)
    for scenario in scenarios[:MOST_LINES]:
        changes = "; ".join(_format_flips(scenario.flips))
        yield f"  {format_scenario_id(scenario.suite, scenario.scenario)}: {changes}"
        trial = scenario.flips[0].candidate_trial
        yield f"    {shlex.join(['promptverdict', 'show', trial, *options])}"
    if len(scenarios) > MOST_LINES:
        yield f"  {format_count(len(scenarios) - MOST_LINES, 'more scenario')} flipped"


def _format_flips(flips: Iterable[Flip]) -> Iterator[str]:
    """Write what was gained and lost, behaviours with the same figures together."""
    changes: dict[tuple[str, str], list[str]] = {}
    for flip in flips:
        shares = " -> ".join(
            share.replace(" of ", "/") for share in (flip.baseline, flip.candidate)
        )
        changes.setdefault((flip.direction, shares), []).append(flip.behaviour)
    for (direction, shares), behaviours in changes.items():
        yield f"{direction} {', '.join(behaviours)} ({shares})"


def _list_notes(comparison: Comparison) -> Iterator[str]:
    """List all else that a reader should know, and last what to do next."""
    if measures := list_notable_measures(comparison.fingerprint):
        left_out = len(measures) - MOST_NOTABLE
        more = f", and {left_out} more in the report" if left_out > 0 else ""
        named = ", ".join(measures[:MOST_NOTABLE])
        yield f"worth a look (no grader asks for it): {named}{more}"
    for unpaired in comparison.unpaired[:MOST_LINES]:
        place = format_scenario_id(unpaired.suite, unpaired.scenario)
        yield f"not paired: {place}: {unpaired.why}"
    if len(comparison.unpaired) > MOST_LINES:
        yield f"{len(comparison.unpaired) - MOST_LINES} more not paired"
    for gate in comparison.gates:
        yield f"gate of {gate.suite}: {describe_gate(gate)}"
        yield from (f"  {reason}" for reason in (*gate.reasons, *gate.warnings))
    yield from comparison.notes
    if step := format_next_step(comparison.judged):
        yield f"next: {step}"
