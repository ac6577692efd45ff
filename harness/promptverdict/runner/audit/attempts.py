"""Solutions of both kinds, scripted and edited, to be read, run and held to what they say."""

from __future__ import annotations

from collections.abc import Iterable

from promptverdict.core.errors import EvidenceError
from promptverdict.recording.digest import hash_part
from promptverdict.runner.audit.editing import NothingToEdit, edit_evidence
from promptverdict.runner.audit.probing import (
    get_reports,
    list_wanted,
    replace_reports,
    reuse_reports,
)
from promptverdict.runner.audit.recordings import list_recordings, read_recording
from promptverdict.runner.probe_runner import probe_trees
from promptverdict.runner.probes import hash_probes
from promptverdict.runner.solutions import (
    Miss,
    SolutionEvidence,
    build_stale_error,
    grade_solution,
    list_misses,
    read_solution,
    read_stored,
    run_solution,
    store_evidence,
)
from promptverdict.sandbox import Sandbox, describe_sandbox
from promptverdict.scenarios.edits import EditedTrial
from promptverdict.scenarios.solution import LoadedSolution, load_solutions
from promptverdict.trials.evidence import Evidence


def sort_scripted_first(solutions: Iterable[LoadedSolution]) -> list[LoadedSolution]:
    """Return solutions with the edited ones last: what they edit must have been run before."""
    return sorted(solutions, key=lambda loaded: loaded.solution.edits is not None)


def read_attempt(loaded: LoadedSolution) -> Evidence:
    """Read the evidence of a solution, without a sandbox. Raises StaleSolution."""
    edits = loaded.solution.edits
    if edits is None:
        return read_solution(loaded)
    base, edited = _edit(loaded, edits)
    reports = reuse_reports(loaded.scenario, edited, get_reports(base))
    if reports is None:
        stored = read_stored(loaded)
        if stored is None:
            raise build_stale_error(loaded, "probes never ran on what its edits leave")
        if stored.digest != _digest_wanted(loaded, edited):
            raise build_stale_error(loaded, "what its edits leave changed since probes ran on it")
        if stored.probed != hash_probes(loaded.scenario):
            raise build_stale_error(loaded, "a probe changed since it ran")
        reports = stored.probes
    return replace_reports(edited, reports)


def run_attempt(loaded: LoadedSolution, sandbox: Sandbox) -> Evidence:
    """Run a solution's steps, or the probes on what its edits leave, and store it. Blocking.

    Raises SandboxError, StorageError, and StaleSolution for edits that fit nothing.
    """
    edits = loaded.solution.edits
    if edits is None:
        return run_solution(loaded, sandbox)
    _, edited = _edit(loaded, edits)
    reports = probe_trees(loaded.scenario, edited, sandbox)
    stored = SolutionEvidence(
        digest=_digest_wanted(loaded, edited),
        environment=describe_sandbox(sandbox),
        probed=hash_probes(loaded.scenario),
        probes=reports,
    )
    store_evidence(loaded, stored)
    return replace_reports(edited, reports)


def list_attempt_misses(loaded: LoadedSolution, evidence: Evidence) -> list[Miss]:
    """List where graders did not say of a solution what they must.

    An edited saboteur must fail where the unedited trial passes: else the edit proves nothing. An
    edited near miss must pass what the unedited trial passes. Raises StaleSolution.
    """
    grades = grade_solution(loaded, evidence)
    edits = loaded.solution.edits
    if edits is None:
        return list_misses(loaded, grades)
    base = {
        grade.behaviour: grade.finding.outcome
        for grade in grade_solution(loaded, _read_base(loaded, edits))
    }
    if loaded.solution.kind == "saboteur":
        unproven = [
            Miss(name, f"is {base.get(name)} before the edits already, so that they prove nothing")
            for name in loaded.solution.fails
            if base.get(name) != "pass"
        ]
        return unproven + list_misses(loaded, grades)
    return list_misses(loaded, tuple(each for each in grades if base.get(each.behaviour) == "pass"))


def join_misses(misses: Iterable[Miss]) -> dict[str, str]:
    """Return behaviour -> all that is wrong about its grade, in words."""
    words: dict[str, list[str]] = {}
    for miss in misses:
        words.setdefault(miss.behaviour, []).append(miss.words)
    return {behaviour: "; ".join(each) for behaviour, each in words.items()}


def _edit(loaded: LoadedSolution, edits: EditedTrial) -> tuple[Evidence, Evidence]:
    base = _read_base(loaded, edits)
    try:
        return base, edit_evidence(base, edits.do)
    except NothingToEdit as error:
        raise build_stale_error(loaded, f"its edits do not fit: {error}") from error


def _read_base(loaded: LoadedSolution, edits: EditedTrial) -> Evidence:
    """Read the trial that is edited. Raises StaleSolution where there is none."""
    scenario = loaded.scenario
    if edits.solution:
        for other in load_solutions(scenario):
            if other.name == edits.solution and not other.solution.edits:
                return read_solution(other)
        raise build_stale_error(loaded, f"there is no scripted solution {edits.solution}")
    for location in list_recordings(scenario, edits.trial or ""):
        if location.number == edits.number:
            try:
                return read_recording(scenario, location)
            except EvidenceError as error:
                first = str(error).partition("\n")[0]
                raise build_stale_error(loaded, f"the trial cannot be read: {first}") from error
    raise build_stale_error(loaded, f"there is no recording {edits.number} of {edits.trial}")


def _digest_wanted(loaded: LoadedSolution, edited: Evidence) -> str:
    return hash_part(sorted({tree for _, _, tree in list_wanted(loaded.scenario, edited)}))
