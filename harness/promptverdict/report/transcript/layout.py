"""A whole trial as a person reads it: what it was, what happened, and what was found out."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from promptverdict.report.transcript.events import lay_out_events
from promptverdict.report.transcript.lines import SHORT, Line, Mark
from promptverdict.report.transcript.marks import OUTCOME_STYLES, lay_out_text
from promptverdict.report.words import format_age
from promptverdict.trials.integrity import describe_integrity
from promptverdict.trials.metrics import describe_ending, sum_usage
from promptverdict.trials.provenance import describe_origin
from promptverdict.trials.record import TrialRecord


def lay_out_record(record: TrialRecord, *, whole: bool = False) -> Iterator[Line]:
    """Lay out a record; `whole` shows every line of results and written files.

    Whatever a grade rests on is marked where it stands, with a line below it that names the grade.
    """
    yield from _list_facts(record)
    blocks = lay_out_events(record, None if whole else SHORT)
    events = [line for block in blocks for line in (*block.lines, *block.effects)]
    if any(line.marks for line in events):
        name, example = "marked    ", "like this"
        legend = f"{name}{example} is what a grade rests on, named below it after ^"
        yield Line(legend, "note", (Mark(len(name), len(name + example)),))
    yield from chain(events, lay_out_findings(record))


def lay_out_findings(record: TrialRecord) -> Iterator[Line]:
    """Lay out what was found out about a trial: by probes, by graders, and what broke."""
    yield from chain(
        _list_probes(record),
        _list_judgements(record),
        _list_grades(record),
        _list_notices(record),
    )
    if record.fault:
        yield Line("")
        fault = f"FAULT: {record.fault.kind}: {record.fault.message}"
        yield from lay_out_text(fault, "removed", "")


def _list_facts(record: TrialRecord) -> Iterator[Line]:
    used = sum_usage(record.evidence.events)
    read, written = ("unknown" if count is None else count for count in (used.input, used.output))
    age = format_age(record.provenance) or "no age"
    facts = {
        "trial": record.id,
        "evidence": f"{describe_origin(record.provenance)} ({age})",
        "model": record.provenance.model if record.provenance else "unknown",
        "tools": ", ".join(record.evidence.task.tools) or "none",
        "tokens": f"{read} in, {written} out" + (" (estimated)" if used.estimated else "")
        if record.evidence.events
        else "none",
        "ended": describe_ending(record),
        "integrity": describe_integrity(record.integrity),
    }
    if record.revision:
        facts["revision"] = record.revision[:10]
    if record.grades:
        facts["grades"] = ", ".join(_count_grades(record))
    for name, value in facts.items():
        yield Line(f"{name:<9} {value}", "note")


def _count_grades(record: TrialRecord) -> Iterator[str]:
    """Count the grades by outcome, and name those that did not pass."""
    for outcome in OUTCOME_STYLES:
        names = [grade.behaviour for grade in record.grades if grade.finding.outcome == outcome]
        if names:
            named = f" ({', '.join(names)})" if outcome != "pass" else ""
            yield f"{len(names)} {outcome}{named}"


def _list_probes(record: TrialRecord) -> Iterator[Line]:
    outcome = record.evidence.outcome
    if not outcome or not outcome.probes:
        return
    yield Line("")
    yield Line("PROBES", "heading")
    styles = {"pass": "added", "fail": "removed", "note": "note"}
    for report in outcome.probes:
        yield Line(f"  {report.probe} on tree {report.tree} (after {report.after} results)", "note")
        for check in report.checks:
            detail = f": {check.detail}" if check.detail else ""
            yield Line(f"    {check.outcome:<4} {check.name}{detail}", styles[check.outcome])
        if report.killed:
            yield Line(f"    the code under test ended the probe: {report.killed}", "removed")
        if report.fault:
            yield from lay_out_text(f"fault: {report.fault}", "removed", "    ")


def _list_judgements(record: TrialRecord) -> Iterator[Line]:
    outcome = record.evidence.outcome
    if not outcome or not outcome.judged:
        return
    yield Line("")
    yield Line("JUDGE", "heading")
    for judged in outcome.judged:
        yield from lay_out_text(f"{judged.question} (of the {judged.about})", "note", "  ")
        answer = f"answered {judged.answer}" if judged.answer else "gave no answer"
        reason = f": {judged.reason}" if judged.reason else ""
        yield from lay_out_text(f"{judged.model} {answer}{reason}", "said", "    ")
        if judged.quote:
            yield from lay_out_text(f"it quotes: {judged.quote}", "note", "    ")
        for claim in judged.claims or ():
            yield from lay_out_text(f"claim, {claim.kind}: {claim.quote}", "note", "    ")
        if judged.fault:
            yield from lay_out_text(f"fault: {judged.fault}", "removed", "    ")


def _list_grades(record: TrialRecord) -> Iterator[Line]:
    if not record.grades:
        return
    yield Line("")
    yield Line("GRADES", "heading")
    for grade in record.grades:
        finding = grade.finding
        answer = f"  {finding.outcome:<8} {grade.behaviour}: {finding.reason}"
        yield Line(answer, OUTCOME_STYLES[finding.outcome])
        numbers = dict.fromkeys(point.event for point in finding.points)
        if numbers:
            places = ", ".join(f"[{number}]" for number in numbers)
            yield Line(f"           see {places}", "note")


def _list_notices(record: TrialRecord) -> Iterator[Line]:
    if not record.notices:
        return
    yield Line("")
    yield Line("NOTICES", "heading")
    for notice in record.notices:
        yield from lay_out_text(notice, "note", "  ")
