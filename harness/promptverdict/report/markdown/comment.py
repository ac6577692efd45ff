"""The report as a comment on a pull request: short, and harmless whatever an agent wrote."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from promptverdict.core.ids import format_scenario_id
from promptverdict.report.comparison_section import ComparisonSection
from promptverdict.report.fingerprint import MOST_NOTABLE
from promptverdict.report.flip_evidence import FlipEvidence, FlipSide
from promptverdict.report.flips import group_flips
from promptverdict.report.grid import build_grid_table
from promptverdict.report.headline import Headline
from promptverdict.report.markdown.escape import escape_markdown, fence_lines
from promptverdict.report.markdown.tables import render_table
from promptverdict.report.model import Report

MARKER = "<!-- promptverdict -->"
"""The first line; whoever posts the next report finds the comment to replace by it."""
LIMIT = 65_000
"""Characters; a comment of GitHub's holds 65,536."""
LONGEST_REASON = 400
"""Characters of one reason that are shown."""
MOST_SCENARIOS = 20
"""Scenarios whose flips are shown."""
MOST_UNPAIRED = 20
MOST_NAMES = 20
"""Variants with an unchanged prompt that are named."""
_CUT = "\n*Something is left out: a comment holds no more. The HTML report has it.*\n"


def render_comment(report: Report) -> str:
    """Render a report, verdict first; of a part that would be too long, as much as fits."""
    text, cut = f"{MARKER}\n", ""
    version, run = escape_markdown(report.version), escape_markdown(report.run)
    foot = f"\n<sub>promptverdict {version}, run {run}</sub>\n"
    # The note that something is cut must fit even if nothing is.
    room = LIMIT - len(foot) - len(_CUT)
    for part in _list_parts(report):
        for block in part:
            if len(text) + len(block) > room:
                cut = _CUT
                break
            text += block
    return f"{text}{cut}{foot}"


def _list_parts(report: Report) -> Iterator[Iterable[str]]:
    """List the parts in order, each as blocks of which any number from the first is whole."""
    head = report.headline
    yield [f"## {head.sign} {escape_markdown(head.word)}\n\n{escape_markdown(head.sentence)}\n"]
    notes = "".join(f"\n- {_shorten(note)}" for note in report.notes)
    yield [f"{_render_reasons(head)}{notes}\n"]
    is_alone = len(report.comparisons) == 1
    if is_alone and (strongest := report.comparisons[0].strongest):
        yield [_render_strongest(strongest)]
    if report.rate_table:
        yield render_table(report.rate_table)
    for section in report.comparisons:
        yield from _list_section_parts(section, is_alone=is_alone)
    if report.unchanged:
        yield [f"\nUnchanged: {_shorten(_name_some(report.unchanged))}\n"]
    yield [_render_evidence(report.evidence)]
    for section in report.comparisons:
        if section.prompt_diff:
            yield [_render_prompt_diff(section)]
    for grid in report.grids:
        yield render_table(build_grid_table(grid))


def _list_section_parts(section: ComparisonSection, *, is_alone: bool) -> Iterator[Iterable[str]]:
    if not is_alone:
        head = section.headline
        title = (
            f"\n### {head.sign} {escape_markdown(head.word)}\n\n{escape_markdown(head.sentence)}\n"
        )
        yield [f"{title}{_render_reasons(head)}\n{_render_evidence([section.evidence])}"]
    if section.table:
        yield render_table(section.table)
    if section.flips:
        yield _list_flips(section)
    if section.notable:
        title = "\n**Worth a look** (no grader asks for it, no gate counts it)\n"
        yield _list_some(title, section.notable, MOST_NOTABLE)
    if section.unpaired:
        yield _list_some("\n**Not compared**\n", section.unpaired, MOST_UNPAIRED)


def _render_reasons(head: Headline) -> str:
    lines = []
    for reason in head.reasons:
        subject = f"**{escape_markdown(reason.subject)}** " if reason.subject else ""
        lines.append(f"\n- {subject}{_shorten(reason.text)}")
    return "".join(lines)


def _render_evidence(lines: Sequence[str]) -> str:
    return "".join(f"\nEvidence: {_shorten(line)}  " for line in lines) + "\n"


def _render_strongest(evidence: FlipEvidence) -> str:
    """Render the strongest flip with what both sides wrote."""
    flip = evidence.flip
    title = f"{flip.direction} {flip.behaviour} in {flip.scenario}"
    lines = [f"\n**For example**: {escape_markdown(title)}\n"]
    for side in evidence.sides:
        quote = f"“{_shorten(side.quote)}” " if side.quote else ""
        lines.append(f"\n> {side.role}: {quote}{_shorten(side.reason)}\n")
    if evidence.parting:
        lines.append(f"\n> {_shorten(evidence.parting)}\n")
    return "".join(lines)


def _list_flips(section: ComparisonSection) -> Iterator[str]:
    """List flips by scenario, and the commands that show their trials in a fold."""
    by_flip = {evidence.flip: evidence for evidence in section.flips}
    yield f"\n**What flipped**: {section.flip_count}\n"
    scenarios = group_flips(by_flip)
    commands: dict[str, None] = {}
    for scenario in scenarios[:MOST_SCENARIOS]:
        inside = [by_flip[flip] for flip in scenario.flips]
        name = escape_markdown(format_scenario_id(scenario.suite, scenario.scenario))
        yield f"\n- {name}\n{''.join(map(_render_flip, inside))}"
        commands |= dict.fromkeys(
            side.command for evidence in inside for side in evidence.sides if side.command
        )
    if len(scenarios) > MOST_SCENARIOS:
        yield f"\n- {len(scenarios) - MOST_SCENARIOS} more scenarios in the HTML report\n"
    if commands:
        folded = fence_lines(commands)
        yield f"\n<details><summary>Read these trials</summary>\n\n{folded}\n</details>\n"


def _render_flip(evidence: FlipEvidence) -> str:
    flip = evidence.flip
    head = f"  - {flip.sign} **{flip.direction}** {escape_markdown(flip.behaviour)}\n"
    parting = f"    - {_shorten(evidence.parting)}\n" if evidence.parting else ""
    return head + "".join(map(_render_side, evidence.sides)) + parting


def _render_side(side: FlipSide) -> str:
    return f"    - {side.role}, {escape_markdown(side.share)} shown: {_shorten(side.reason)}\n"


def _list_some(title: str, lines: Sequence[str], most: int) -> Iterator[str]:
    yield title
    yield from (f"\n- {_shorten(line)}" for line in lines[:most])
    left_out = len(lines) - most
    yield f"\n- {left_out} more in the HTML report\n" if left_out > 0 else "\n"


def _name_some(names: Sequence[str]) -> str:
    named = ", ".join(names[:MOST_NAMES])
    left_out = len(names) - MOST_NAMES
    return f"{named} and {left_out} more" if left_out > 0 else named


def _render_prompt_diff(section: ComparisonSection) -> str:
    diff = fence_lines((line.text for line in section.prompt_diff), "diff")
    title = f"The prompts' diff: {escape_markdown(section.title)}"
    return f"\n<details><summary>{title}</summary>\n\n{diff}\n</details>\n"


def _shorten(text: str) -> str:
    """Shorten a text, and escape it."""
    if len(text) > LONGEST_REASON:
        text = f"{text[: LONGEST_REASON - 1]}…"
    return escape_markdown(text)
