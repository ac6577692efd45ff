"""A run against an older one: each variant with itself, and no evidence twice."""

from __future__ import annotations

from promptverdict.comparison.against_run import compare_runs
from promptverdict.comparison.samples import Sample
from promptverdict.comparison.verdicts import Comparison, Comparisons
from promptverdict.scenarios.suite import Suite
from promptverdict.trials.record import TrialRecord

from tests.compared import BASE, COMPATIBLE, DIGEST, TERSE, samples, side, suite
from tests.report.made import PROVENANCE

OLDER = "20260101T000000.000000Z"
LATER = PROVENANCE.model_copy(update={"recorded": "2026-01-09T12:00:00Z"})


def against(
    older: list[TrialRecord], newer: list[TrialRecord], of: Suite | None = None
) -> Comparisons:
    return compare_runs(OLDER, samples(older), samples(newer), {"manners": of or suite()})


def one(older: list[TrialRecord], newer: list[TrialRecord], of: Suite | None = None) -> Comparison:
    (found,) = against(older, newer, of).comparisons
    return found


def test_a_variant_that_got_worse_since_is_regressed() -> None:
    found = one(side(BASE, *["+"] * 8), side(BASE, *["-"] * 8, provenance=LATER))
    assert (found.word, found.exit_code) == ("regressed", 1)
    assert (found.baseline.label, found.candidate.label) == (f"{BASE} @ {OLDER}", BASE)
    assert (found.baseline.newest, found.candidate.newest) == (
        "2026-01-01T12:00:00Z",
        "2026-01-09T12:00:00Z",
    )
    assert (found.prompt_diff, found.notes) == ("", ())


def test_a_trial_of_the_older_run_is_not_taken_for_one_of_the_same_key() -> None:
    found = one(side(BASE, "+"), side(BASE, "-", provenance=LATER))
    pair = found.behaviours[0].pairs[0]
    assert pair.baseline_trials == (f"{OLDER}/{pair.candidate_trials[0]}",)
    assert (found.baseline.run, found.candidate.run) == (OLDER, None)


def test_the_same_recordings_are_one_piece_of_evidence() -> None:
    found = one(side(BASE, *["+"] * 8), side(BASE, *["+"] * 8))
    assert (found.status, found.exit_code) == ("unchanged", 0)
    assert found.notes == ("both runs play the same recordings",)


def test_scenarios_of_which_both_play_the_same_recordings_are_no_evidence_twice() -> None:
    newer = [*side(BASE, *["+"] * 6), *side(BASE, *["+"] * 8, provenance=LATER)[6:]]
    margin = suite(gate={"mode": "non_inferiority", "margin": 0.4})
    found = one(side(BASE, *["+"] * 8), newer, margin)
    assert found.status == "compared"
    assert [told.why for told in found.unpaired] == ["both runs play the same recordings"] * 6
    assert found.behaviours[0].n == 2
    assert found.gates[0].exit_code == 6


def test_single_trials_of_the_same_recording_are_told() -> None:
    newer = [*side(BASE, *["+"] * 6), *side(BASE, *["++"] * 6, provenance=LATER)[1::2]]
    found = one(side(BASE, *["++"] * 6), newer)
    assert found.notes == ("6 of 12 trials play the same recording in both runs",)


def test_a_suite_that_ran_only_since_has_no_answer_from_its_gate() -> None:
    more = side(BASE, *["+"] * 6, suite="logic", provenance=LATER)
    suites = {"manners": suite(), "logic": suite(gate={})}
    newer = samples([*side(BASE, *["+"] * 6, provenance=LATER), *more])
    (found,) = compare_runs(OLDER, samples(side(BASE, *["+"] * 6)), newer, suites).comparisons
    assert [gate.reasons for gate in found.gates] == [(f"refused: it did not run in {OLDER}",)]
    assert found.notes == (f"not run in {OLDER}: logic",)
    assert found.exit_code == 7


def test_an_edited_prompt_is_told_though_no_run_keeps_its_text() -> None:
    edited = {"digest": DIGEST | {"system": "edited"}, "provenance": LATER}
    found = one(side(BASE, *["+"] * 6), side(BASE, *["+"] * 6, **edited))
    assert not found.unpaired
    assert found.prompt_diff == f"@@ edited since {OLDER}, which keeps no text of it @@"


def test_what_was_asked_or_made_otherwise_does_not_pair() -> None:
    other = {"compatible": COMPATIBLE | {"python": "3.12.1"}, "provenance": LATER}
    found = one(side(BASE, *["+"] * 6), side(BASE, *["+"] * 6, **other))
    assert {told.why for told in found.unpaired} == {
        "recorded with different python (3.12.1 and 3.13.5)"
    }
    assert found.word == "invalid"


def test_each_variant_is_compared_with_itself_and_what_ran_once_is_told() -> None:
    older = [*side(BASE, *["+"] * 6), *side(TERSE, *["+"] * 6), *side("helper/old", "+")]
    newer = [
        *side(BASE, *["+"] * 6, provenance=LATER),
        *side(TERSE, *["-"] * 6, provenance=LATER),
        *side("helper/new", "+"),
    ]
    found = against(older, newer)
    assert [(one.candidate.label, one.word) for one in found.comparisons] == [
        (BASE, "inconclusive"),
        (TERSE, "regressed"),
    ]
    assert found.notes == (f"helper/new did not run in {OLDER}", f"helper/old ran only in {OLDER}")


def test_suites_that_only_one_of_both_runs_ran_or_that_are_gone_are_left_out() -> None:
    older = [*side(BASE, "+"), *side(BASE, "+", suite="gone")]
    assert against(older, side(BASE, "+", suite="gone")).comparisons == ()
    suites = {"manners": suite(), "new": suite()}
    newer = samples(side(BASE, "+", suite="new", provenance=LATER))
    assert compare_runs(OLDER, samples(older), newer, suites).comparisons == ()


def test_a_gate_answers_for_what_changed_since() -> None:
    gated = suite(gate={"mode": "no_regression"})
    found = one(side(BASE, *["+"] * 8), side(BASE, *["-"] * 8, provenance=LATER), gated)
    assert [(gate.outcome, gate.exit_code) for gate in found.gates] == [("fail", 1)]


def test_a_trial_that_left_no_record_is_no_edit_of_the_prompt() -> None:
    newer = samples(side(BASE, *["+"] * 7, provenance=LATER))
    newer.append(Sample.absent(f"manners/s7::{BASE}#0", "0" * 16, ("kind",)))
    (found,) = compare_runs(
        OLDER, samples(side(BASE, *["+"] * 8)), newer, {"manners": suite()}
    ).comparisons
    assert found.prompt_diff == ""
    assert found.behaviours[0].missing_candidate == 1
