"""What probes find on an edited trial: known from the unedited one, or run again."""

from __future__ import annotations

from collections.abc import Iterator

from promptverdict.scenarios.loading import LoadedScenario
from promptverdict.trials.evidence import Evidence, FinalState, ProbeReport


def list_wanted(scenario: LoadedScenario, evidence: Evidence) -> Iterator[tuple[str, int, str]]:
    """List on which trees probes are needed: probe, number of results before the tree, digest."""
    names = evidence.digests()
    for probe in scenario.scenario.probes:
        if probe.trees == "final":
            yield probe.name, len(names) - 1, names[-1]
            continue
        for name in dict.fromkeys(names):
            yield probe.name, names.index(name), name


def reuse_reports(
    scenario: LoadedScenario, evidence: Evidence, known: tuple[ProbeReport, ...]
) -> tuple[ProbeReport, ...] | None:
    """Return the reports on a trial's trees out of those on other trials'.

    None where a tree is not among them.
    """
    by_tree = {(report.probe, report.tree): report for report in known if not report.fault}
    reports = []
    for probe, after, tree in list_wanted(scenario, evidence):
        report = by_tree.get((probe, tree))
        if report is None:
            return None
        reports.append(report.model_copy(update={"after": after}))
    return tuple(reports)


def replace_reports(evidence: Evidence, reports: tuple[ProbeReport, ...]) -> Evidence:
    """Return evidence with these reports of probes."""
    outcome = evidence.outcome or FinalState()
    return evidence.model_copy(update={"outcome": outcome.model_copy(update={"probes": reports})})


def get_reports(evidence: Evidence) -> tuple[ProbeReport, ...]:
    """Return the reports of probes that evidence has."""
    return evidence.outcome.probes if evidence.outcome else ()
