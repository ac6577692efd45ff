"""Both orders of a pair are asked; what they agree on counts, and lies beside the candidate."""

from __future__ import annotations

import asyncio
import dataclasses
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from promptverdict.core.errors import InputError, StorageError
from promptverdict.judging.gather import Gathered, gather, list_unanswered, read_judgements
from promptverdict.judging.pairwise.inquiry import inquire_pair, list_pair_questions
from promptverdict.judging.pairwise.pairs import JudgedTrial, Pair, PairJudgement, match_pairs
from promptverdict.judging.tally import tally
from promptverdict.recording import yaml_format
from promptverdict.recording.files import Head, Location, Sealed
from promptverdict.scenarios.loading import load_suite
from promptverdict.scenarios.suite import Pairwise
from promptverdict.trials.evidence import Evidence
from promptverdict.trials.provenance import Provenance

from tests.fakes import SUITE, Blocks, say, use, write
from tests.judging.made import ATTACKS, ScriptedJudge, trial, verdict

KINDER = Pairwise(question="Which answer is kinder?")
SHORTER = Pairwise(question="Which way was shorter?", about="transcript")
DIGEST = {"system": "1", "tools": "1", "message": "1", "model": "1"}

PROVENANCE = Provenance(
    evidence="simulated", model="relay/x", answered="x", recorded="2026-01-01T00:00:00Z"
)

DEAR, CURT = "Hello, dear.", "Hello."


def side(root: Path, final: str, variant: str, number: int = 3, **more: Any) -> JudgedTrial:
    evidence = trial(final)
    task = evidence.task.model_copy(
        update={"variant": variant, "scenario": more.get("scenario", "s")}
    )
    head = Head(
        suite="s",
        scenario=task.scenario,
        variant=variant,
        trial=number,
        digest={**DIGEST, "system": variant, **more.get("digest", {})},
        compatible=more.get("compatible", {"toolset": 1}),
        provenance=PROVENANCE,
        end="done",
    )
    folder = root / task.scenario / variant.replace("/", ".") / more.get("model", "relay-x")
    seal = more.get("seal", f"sha256:{variant}")
    sealed = Sealed(Location(folder, number), seal, head, "", "")
    return JudgedTrial(
        sealed, Evidence(task=task, events=evidence.events, outcome=evidence.outcome)
    )


@pytest.fixture
def pair(tmp_path: Path) -> Pair:
    return Pair(side(tmp_path, CURT, "a/base"), side(tmp_path, DEAR, "a/kind"))


def choose(choice: str, reason: str = "So.") -> Blocks:
    return [use("choose", choice=choice, reason=reason)]


def baseline_first(body: dict[str, Any]) -> bool:
    message = body["messages"][0]["content"]
    return message.index(f"\n{CURT}\n") < message.index(f"\n{DEAR}\n")


def kinder(body: dict[str, Any]) -> Blocks:
    """Prefer the dear one wherever it stands."""
    return choose("second" if baseline_first(body) else "first")


def in_order(one: str, other: str) -> Callable[[dict[str, Any]], Blocks]:
    """Choose the one with the baseline's trial first, the other with the candidate's first."""
    return lambda body: choose(one if baseline_first(body) else other)


def collect(
    scripted: ScriptedJudge, pair: Pair, *questions: Pairwise, again: bool = False
) -> Gathered[PairJudgement]:
    wanted = list_pair_questions(questions or (KINDER,), pair)
    return asyncio.run(gather(scripted.judge, inquire_pair(pair), wanted, again=again))


def stored_pairs(
    questions: list[Pairwise], pair: Pair, model: str | None
) -> tuple[PairJudgement, ...]:
    return read_judgements(inquire_pair(pair), list_pair_questions(questions, pair), model)


def judged(answer: Any, pair: Pair) -> PairJudgement:
    (one,) = collect(ScriptedJudge(answer), pair).new
    return one


def test_what_both_orders_prefer_is_better(pair: Pair) -> None:
    scripted = ScriptedJudge(kinder)
    (one,) = collect(scripted, pair).new
    assert (one.outcome, one.disagree) == ("candidate", False)
    assert [choice.choice for choice in one.choices] == ["second", "first"]
    assert one.reasons == ("So.", "So.")
    assert (one.scenario, one.trial, one.baseline, one.candidate) == ("s/s", 3, "a/base", "a/kind")
    assert [baseline_first(request) for request in scripted.requests] == [True, False]
    for request in scripted.requests:
        assert request["tool_choice"] == {"type": "tool", "name": "choose"}
        assert len(request["messages"]) == 1


@pytest.mark.parametrize(
    ("one", "other", "outcome", "disagree"),
    [
        ("first", "second", "baseline", False),
        ("second", "first", "candidate", False),
        ("neither", "neither", "tie", False),
        ("first", "first", "tie", True),
        ("second", "second", "tie", True),
        ("neither", "first", "tie", True),
        ("second", "neither", "tie", True),
        ("cannot tell", "first", None, False),
        ("neither", "cannot tell", None, False),
        ("cannot tell", "cannot tell", None, False),
    ],
)
def test_the_outcome_follows_from_both_orders(
    pair: Pair, one: str, other: str, outcome: str | None, disagree: bool
) -> None:
    found = judged(in_order(one, other), pair)
    assert (found.outcome, found.disagree) == (outcome, disagree)
    assert found.why_ungraded == ("" if outcome else "cannot tell")


@pytest.mark.parametrize(
    "broken",
    [
        [say("The first one is better.")],
        verdict("yes"),
        choose("both"),
        [*choose("first"), *choose("first")],
        [use("choose", choice="first")],
        [use("choose", choice="first", reason="So.", score=1)],
        b"first",
        b"",
    ],
)
def test_an_order_whose_answer_is_no_choice_leaves_the_pair_ungraded(
    pair: Pair, broken: Any
) -> None:
    found = judged(lambda body: broken if baseline_first(body) else choose("first"), pair)
    assert found.outcome is None
    assert not found.disagree
    assert found.why_ungraded.startswith("judge-error: ")
    assert stored_pairs([KINDER], pair, None) == (found,)


def test_a_pair_without_an_answer_to_either_order_is_not_stored(pair: Pair) -> None:
    found = judged(lambda body: choose("first") if baseline_first(body) else 500, pair)
    assert found.outcome is None
    assert found.why_ungraded
    assert not pair.candidate.sealed.location.pairs.exists()
    assert stored_pairs([KINDER], pair, None) == ()


def test_where_the_first_order_is_refused_the_second_is_not_paid_for(pair: Pair) -> None:
    scripted = ScriptedJudge(lambda _: 401)
    collect(scripted, pair)
    assert len(scripted.requests) == 1


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
def test_words_beside_the_call_are_no_choice(pair: Pair, attack: str) -> None:
    found = judged(lambda body: [say(attack), *kinder(body)], pair)
    assert found.outcome == "candidate"
    assert judged_again(pair, lambda _: [say(attack)]).outcome is None


def judged_again(pair: Pair, answer: Any) -> PairJudgement:
    (one,) = collect(ScriptedJudge(answer), pair, again=True).new
    return one


def test_what_was_answered_is_read_again_without_asking(pair: Pair) -> None:
    gathered = collect(ScriptedJudge(kinder), pair, KINDER, SHORTER)
    assert [one.question for one in gathered.new] == [KINDER.question, SHORTER.question]
    assert stored_pairs([KINDER, SHORTER], pair, None) == gathered.new
    again = ScriptedJudge(kinder)
    repeated = collect(again, pair, KINDER, SHORTER)
    assert (repeated.known, repeated.new) == (gathered.new, ())
    assert again.requests == []


def test_the_file_lies_beside_the_candidate_with_both_bodies_and_both_seals(pair: Pair) -> None:
    collect(ScriptedJudge(kinder, operator="Ann"), pair)
    path = pair.candidate.sealed.location.folder / "3.pairs.yaml"
    assert not pair.baseline.sealed.location.folder.exists()
    stored = yaml_format.load(path.read_text(encoding="utf-8"), "x")
    assert (stored["format"], stored["baseline"]) == (1, "a/base")
    assert (stored["seal"], stored["baseline_seal"]) == ("sha256:a/kind", "sha256:a/base")
    (answer,) = stored["answers"]
    first, second = answer["orders"]
    assert (first["evidence"], first["operator"]) == ("relay", "Ann")
    assert first["choice"] == {"choice": "second", "reason": "So."}
    assert json.loads(second["response"])["content"][0]["input"]["choice"] == "first"
    assert first["request"] != second["request"]


def resealed(one: JudgedTrial) -> JudgedTrial:
    return JudgedTrial(dataclasses.replace(one.sealed, seal="sha256:new"), one.evidence)


@pytest.mark.parametrize("changed", ["baseline", "candidate"])
def test_a_new_recording_of_either_makes_the_answers_stale(pair: Pair, changed: str) -> None:
    collect(ScriptedJudge(kinder), pair)
    other = dataclasses.replace(pair, **{changed: resealed(getattr(pair, changed))})
    assert stored_pairs([KINDER], other, None) == ()
    questions = list_pair_questions([KINDER], other)
    assert len(list_unanswered(inquire_pair(other), questions, "relay/judge")) == 1


def test_another_baseline_makes_the_answers_stale(pair: Pair, tmp_path: Path) -> None:
    collect(ScriptedJudge(kinder), pair)
    other = side(tmp_path, CURT, "a/other", seal=pair.baseline.sealed.seal)
    assert stored_pairs([KINDER], Pair(other, pair.candidate), None) == ()


def test_a_changed_question_is_asked_anew_and_no_other(pair: Pair) -> None:
    collect(ScriptedJudge(kinder), pair, KINDER, SHORTER)
    changed = Pairwise(question="Which way was quicker?", about="transcript")
    again = ScriptedJudge(kinder)
    collect(again, pair, KINDER, changed)
    assert len(again.requests) == 2
    stored = yaml_format.load(pair.candidate.sealed.location.pairs.read_text(encoding="utf-8"), "x")
    assert {one["question"] for one in stored["answers"]} == {KINDER.question, changed.question}


def test_all_asks_again_and_replaces(pair: Pair) -> None:
    collect(ScriptedJudge(kinder), pair)
    assert judged_again(pair, in_order("first", "second")).outcome == "baseline"
    (one,) = stored_pairs([KINDER], pair, None)
    assert one.outcome == "baseline"


def test_each_judge_keeps_its_answers_and_one_may_be_named(pair: Pair) -> None:
    collect(ScriptedJudge(kinder), pair)
    collect(ScriptedJudge(in_order("neither", "neither"), model="relay/second"), pair)
    told = {one.model: one.outcome for one in stored_pairs([KINDER], pair, None)}
    assert told == {"relay/judge": "candidate", "relay/second": "tie"}
    (one,) = stored_pairs([KINDER], pair, "relay/second")
    assert one.outcome == "tie"
    assert stored_pairs([KINDER], pair, "relay/third") == ()


def test_what_could_not_be_read_is_asked_again_and_cannot_tell_is_not(pair: Pair) -> None:
    collect(ScriptedJudge(lambda _: b"first"), pair)
    asking = ScriptedJudge(in_order("cannot tell", "first"))
    collect(asking, pair)
    assert len(asking.requests) == 2
    again = ScriptedJudge(kinder)
    assert [one.outcome for one in collect(again, pair).known] == [None]
    assert again.requests == []


def test_a_pair_with_one_order_that_could_not_be_read_is_asked_again(pair: Pair) -> None:
    collect(ScriptedJudge(lambda body: b"" if baseline_first(body) else kinder(body)), pair)
    again = ScriptedJudge(kinder)
    gathered = collect(again, pair)
    assert len(again.requests) == 2
    assert gathered.known == ()
    assert stored_pairs([KINDER], pair, None) == gathered.new


def test_asking_again_in_vain_keeps_the_stored_answer_and_counts_once(pair: Pair) -> None:
    kept = collect(ScriptedJudge(kinder), pair).new
    gathered = collect(ScriptedJudge(lambda _: 500), pair, again=True)
    assert [one.outcome for one in gathered.all] == [None]
    assert stored_pairs([KINDER], pair, None) == kept


def edit(pair: Pair, change: Callable[[dict[str, Any]], object]) -> None:
    """Change the one answer in the file, as a person with an editor would."""
    path = pair.candidate.sealed.location.pairs
    stored = yaml_format.load(path.read_text(encoding="utf-8"), "x")
    change(stored["answers"][0])
    path.write_text(yaml_format.dump(stored), encoding="utf-8")


@pytest.mark.parametrize(
    "changed",
    [
        {"choice": {"choice": "first", "reason": "So."}},
        {"choice": {"choice": "second", "reason": "Because."}},
        {"response": "{}"},
    ],
)
def test_a_choice_that_was_edited_is_a_fault(pair: Pair, changed: dict[str, Any]) -> None:
    collect(ScriptedJudge(kinder), pair)
    edit(pair, lambda answer: answer["orders"][0].update(changed))
    (one,) = stored_pairs([KINDER], pair, None)
    assert one.outcome is None
    assert "the stored answer is not what was answered" in one.why_ungraded


@pytest.mark.parametrize("changed", [{"model": "relay/other"}, {"key": "0" * 16}])
def test_an_answer_that_was_moved_does_not_count(pair: Pair, changed: dict[str, str]) -> None:
    collect(ScriptedJudge(kinder), pair)
    edit(pair, lambda answer: answer.update(changed))
    assert stored_pairs([KINDER], pair, None) == ()


def test_a_judge_of_no_known_api_is_a_fault(pair: Pair) -> None:
    collect(ScriptedJudge(kinder), pair)
    key = list_pair_questions([KINDER], pair)[0].derive_key("nobody/judge")
    edit(pair, lambda answer: answer.update(model="nobody/judge", key=key))
    (one,) = stored_pairs([KINDER], pair, None)
    assert "nobody/judge names no known provider" in one.why_ungraded


@pytest.mark.parametrize("text", ["", "[]", "a: b", "seal: [", "\x00", "<<<<<<< HEAD\n"])
def test_a_file_that_cannot_be_read_leaves_the_questions_open(pair: Pair, text: str) -> None:
    path = pair.candidate.sealed.location.pairs
    path.parent.mkdir(parents=True)
    path.write_text(text, encoding="utf-8")
    assert all(stored.why_ungraded for stored in stored_pairs([KINDER], pair, None))
    collect(ScriptedJudge(kinder), pair)
    assert len(stored_pairs([KINDER], pair, None)) == 1


def test_a_file_of_a_newer_format_is_left_unread(pair: Pair) -> None:
    collect(ScriptedJudge(kinder), pair)
    path = pair.candidate.sealed.location.pairs
    path.write_text(path.read_text(encoding="utf-8").replace("format: 1", "format: 2"))
    assert stored_pairs([KINDER], pair, None) == ()


def test_a_key_is_never_stored(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_API_KEY", "hunter2-hunter2")
    with pytest.raises(StorageError, match="SOME_API_KEY"):
        collect(ScriptedJudge(lambda _: choose("first", "hunter2-hunter2")), pair)
    assert not pair.candidate.sealed.location.pairs.exists()


def test_trials_of_the_same_number_and_scenario_are_paired(tmp_path: Path) -> None:
    sides = [
        side(tmp_path, "x", variant, number, scenario=scenario)
        for scenario in ("one", "two")
        for variant in ("a/base", "a/kind", "a/curt")
        for number in (0, 1)
    ]
    pairs, alone = match_pairs(sides, "a/base")
    assert alone == []
    assert len(pairs) == 8
    for pair in pairs:
        before, after = pair.baseline.evidence.task, pair.candidate.evidence.task
        assert (before.variant, before.scenario) == ("a/base", after.scenario)
        assert pair.baseline.sealed.location.number == pair.candidate.sealed.location.number


@pytest.mark.parametrize(
    "other",
    [
        {"number": 1},
        {"scenario": "t"},
        {"model": "relay-y"},
        {"compatible": {"toolset": 2}},
        {"digest": {"message": "2"}},
    ],
)
def test_what_differs_in_more_than_its_prompt_has_no_partner(
    tmp_path: Path, other: dict[str, Any]
) -> None:
    before = side(tmp_path, "x", "a/base", number=0)
    after = side(tmp_path, "x", "a/kind", **{"number": 0, **other})
    assert match_pairs([before, after], "a/base") == ([], [before, after])


def test_another_list_of_tools_is_part_of_the_prompt(tmp_path: Path) -> None:
    before = side(tmp_path, "x", "a/base")
    after = side(tmp_path, "x", "a/kind", digest={"tools": "2"})
    pairs, alone = match_pairs([before, after], "a/base")
    assert (pairs, alone) == ([Pair(before, after)], [])


def outcomes(pair: Pair, *each: tuple[str, str, str]) -> list[PairJudgement]:
    made = []
    for scenario, one, other in each:
        found = judged_again(pair, in_order(one, other))
        made.append(found.model_copy(update={"scenario": scenario}))
    return made


def test_a_tally_counts_each_kind_apart_and_takes_the_scenario_as_the_unit(pair: Pair) -> None:
    won, lost, tied = ("second", "first"), ("first", "second"), ("neither", "neither")
    flipped, unknown = ("first", "first"), ("cannot tell", "first")
    found = tally(
        outcomes(
            pair,
            ("s/1", *won),
            ("s/1", *won),
            ("s/1", *won),
            ("s/2", *lost),
            ("s/3", *tied),
            ("s/3", *flipped),
            ("s/4", *unknown),
        )
    )
    assert (found.wins, found.losses, found.ties, found.ungraded) == (3, 1, 2, 1)
    assert (found.judged, found.disagreed, found.scenarios) == (6, 1, 4)
    assert (found.share.estimate, found.share.scenarios) == (0.5, 2)
    assert found.rates_only


def test_six_decided_scenarios_are_more_than_rates(pair: Pair) -> None:
    won = outcomes(pair, ("s/0", "second", "first"))[0]
    pairs = [won.model_copy(update={"scenario": f"s/{number}"}) for number in range(6)]
    assert not tally(pairs).rates_only
    assert tally(pairs[:5]).rates_only
    assert tally(pairs[:1] * 6).rates_only


def test_a_tally_of_nothing_that_is_decided_has_no_share(pair: Pair) -> None:
    assert not tally(outcomes(pair, ("s/1", "neither", "neither"))).share.valid
    assert not tally([]).share.valid


def suite_with(root: Path, pairwise: str, suite: str = SUITE) -> Path:
    return write(root, {"suite.yaml": suite + pairwise}) / "suite.yaml"


def test_a_suite_says_what_is_asked_of_pairs(tmp_path: Path) -> None:
    text = "pairwise:\n  - question: >-\n      Which answer\n      is kinder?\n"
    text += "  - {question: Which way was shorter?, about: transcript}\n"
    assert load_suite(suite_with(tmp_path, text)).suite.pairwise == (KINDER, SHORTER)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("pairwise: [{question: A?}, {question: A?}]\n", "there twice: A?"),
        ("pairwise: [{question: ' '}]\n", "a question needs words"),
        ("pairwise: [{question: A?, about: tree}]\n", "about"),
        ("pairwise: [{about: answer}]\n", "question"),
        ("pairwise: [{question: A?, pass_if: yes}]\n", "pass_if"),
        ("pairwise: Which?\n", "pairwise"),
    ],
)
def test_a_pairwise_question_that_is_none_is_told(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(InputError, match="pairwise") as caught:
        load_suite(suite_with(tmp_path, text))
    assert told in str(caught.value)


def test_a_pairwise_question_needs_a_baseline(tmp_path: Path) -> None:
    bare = SUITE.replace("baseline: helper/base\n", "")
    with pytest.raises(InputError, match="needs a baseline"):
        load_suite(suite_with(tmp_path, "pairwise: [{question: A?}]\n", bare))
