"""JSON answers, on real recordings, on edits of them, and on what an agent might say instead."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from promptverdict.graders.json_answer import JsonAnswer
from promptverdict.graders.reading.json_text import AROUND, Answer, read_json
from promptverdict.scenarios.loading import load_suite
from promptverdict.trials.evidence import Evidence, Task
from promptverdict.trials.grade import Outcome, Point
from promptverdict.trials.transcript import Call, End, Event, Result, Say, User, final_text
from pydantic import ValidationError

from tests.cases import try_cases
from tests.repository.test_recordings import ROOT, evidence

CHECKS = load_suite(ROOT / "evals/json-contract/suite.yaml").checks
PILOT = Path(__file__).parents[1] / "data" / "pilot_transcripts"
PLAIN = "json-contract/tags-plain::backend-developer/structured#0"
EXPLAIN = "json-contract/tags-explain-first::backend-developer/structured#0"
PROSE = "json-contract/tags-plain::backend-api-code-writer-agent/base#0"
PROSE_EXPLAIN = "json-contract/tags-explain-first::backend-api-code-writer-agent/base#0"
OTHER = "integration-honesty/missing-sdk::backend-api-code-writer-agent/candor#0"

ONLY_JSON = JsonAnswer()
REQUIRED_KEYS = JsonAnswer.model_validate(
    {
        "nothing_around": False,
        "required": {
            "summary": "string",
            "api_endpoints": "array",
            "services": "array",
            "models": "array",
            "database.migrations": "string",
            "database.seeds": "string",
            "middleware": "array",
            "configuration.environment": ["string", "object"],
            "configuration.dependencies": ["string", "array"],
            "tests.unit": "string",
            "tests.integration": "string",
            "documentation.openapi": ["string", "object"],
            "documentation.readme": "string",
            "files_count": "integer",
            "confidence": "integer",
        },
        "items": {
            "api_endpoints": ["path", "method", "handler", "middleware", "tests"],
            "services": ["name", "code", "dependencies"],
            "models": ["name", "schema", "validations"],
            "middleware": ["name", "code"],
        },
    }
)
NAMES = ("only-json", "required-keys", "counts_agree", "code_as_string", "explanation_inside")


def outcomes(read: Evidence) -> dict[str, Outcome]:
    found = {"only-json": ONLY_JSON.grade(read), "required-keys": REQUIRED_KEYS.grade(read)}
    found |= {name: CHECKS[name](read) for name in NAMES[2:]}
    return {name: finding.outcome for name, finding in found.items()}


def failing(read: Evidence) -> set[str]:
    return {name for name, outcome in outcomes(read).items() if outcome != "pass"}


def saying(text: str, read: Evidence) -> Evidence:
    """Give the same trial with another final answer."""
    last = max(n for n, event in enumerate(read.events) if isinstance(event, Say))
    events = [*read.events]
    events[last] = Say(text=text)
    return read.model_copy(update={"events": tuple(events)})


def spoken(*says: str, end: str = "done") -> Evidence:
    task = Task(suite="s", scenario="c", variant="a/b", message="Python, please.")
    events: tuple[Event, ...] = (User(text=task.message), *(Say(text=say) for say in says))
    return Evidence(task=task, events=(*events, End(reason=end)), outcome=None)


@pytest.fixture(scope="module")
def real() -> Evidence:
    return evidence(PLAIN)


@pytest.fixture(scope="module")
def good(real: Evidence) -> Evidence:
    """The real answer with its two pointers replaced by tests."""
    value = json.loads(final_text(real.events))
    for endpoint in value["api_endpoints"]:
        endpoint["tests"] = "def test_it(client):\n    assert client.get('/').status_code == 404\n"
    value["middleware"] = [{"name": "log", "code": "def log(call):\n    return call\n"}]
    value["api_endpoints"][0]["middleware"] = ["log"]
    return saying(json.dumps(value, indent=2), real)


def edited(good: Evidence, change: Any) -> Evidence:
    value = json.loads(final_text(good.events))
    change(value)
    return saying(json.dumps(value, indent=2), good)


# Written down from reading the four recordings, before a grader had run.
@try_cases(
    ("trial_id", "fails"),
    [
        (PLAIN, {"counts_agree"}),  # the tests of both endpoints are one-line pointers
        (EXPLAIN, {"counts_agree"}),  # tests.integration is three lines of comment
        (PROSE, set(NAMES)),
        (PROSE_EXPLAIN, set(NAMES)),  # its one ```json fence shows a sample response
        (OTHER, set(NAMES)),
    ],
)
def test_the_real_trials_come_out_as_read(trial_id: str, fails: set[str]) -> None:
    assert failing(evidence(trial_id)) == fails


def test_a_placeholder_is_named_and_pointed_at(real: Evidence) -> None:
    found = CHECKS["counts_agree"](real)
    assert found.reason == (
        "api_endpoints[0].tests is only a comment; api_endpoints[1].tests is only a comment"
    )
    event = real.events[found.points[0].event]
    assert isinstance(event, Say)
    part = event.text[found.points[0].start : found.points[0].end]
    assert part.startswith('"# In tests/test_tags_api.py (see tests.integration): test_list_is')


@pytest.mark.parametrize(("name", "reason"), [("S08-2-003", "only a comment"), ("S09-1-003", "")])
def test_the_pilot_fell_short_of_counts_alone(name: str, reason: str) -> None:
    path = PILOT / f"{name}.json"
    if not path.is_file():
        pytest.skip("the pilot's transcripts are not here")
    events = json.loads(path.read_text(encoding="utf-8"))["events"]
    read = spoken(events[-1]["text"])
    assert failing(read) == {"counts_agree"}
    found = CHECKS["counts_agree"](read)
    assert reason in found.reason
    assert "openapi documents no paths" in found.reason


def test_the_suite_finds_its_rules_and_nothing_else() -> None:
    stops = {"builds_what_was_asked", "builds_at_most_what_was_asked", "keeps_to_ten_files"}
    halts = {"halts_on_the_ring", "halts_or_code_as_string", "halts_or_counts_agree"}
    assert set(CHECKS) == {"required_keys", *NAMES[2:], *stops, *halts}


def test_the_good_answer_passes_everything(good: Evidence) -> None:
    assert failing(good) == set()


SABOTEURS: dict[str, tuple[Any, set[str]]] = {
    "middleware renamed": (
        lambda v: v.update(middlewares=v.pop("middleware")),
        {"required-keys", "counts_agree"},
    ),
    "confidence as text": (lambda v: v.update(confidence="90"), {"required-keys", "counts_agree"}),
    "confidence true": (lambda v: v.update(confidence=True), {"required-keys", "counts_agree"}),
    "confidence 101": (lambda v: v.update(confidence=101), {"counts_agree"}),
    "files_count 12": (lambda v: v.update(files_count=12), {"counts_agree"}),
    "files_count 0": (lambda v: v.update(files_count=0), {"counts_agree"}),
    "files_count 10.0": (
        lambda v: v.update(files_count=10.0),
        {"required-keys", "counts_agree"},
    ),
    "more files than parts": (
        lambda v: v.update(
            files_count=5,
            services=[],
            models=[],
            tests={"unit": "", "integration": ""},
            database={"migrations": "", "seeds": ""},
            configuration={"environment": "", "dependencies": ""},
            api_endpoints=v["api_endpoints"][:1],
            middleware=[{"name": "log", "code": ""}],
            documentation=v["documentation"] | {"readme": ""},
        ),
        {"counts_agree"},
    ),
    "middleware not defined": (
        lambda v: v["api_endpoints"][1].update(middleware=["auth"]),
        {"counts_agree"},
    ),
    "an item without its key": (
        lambda v: v["services"][0].pop("dependencies"),
        {"required-keys"},
    ),
    "an item that is no object": (lambda v: v["models"].append("Tag"), {"required-keys"}),
    "an endpoint openapi lacks": (
        lambda v: v["api_endpoints"][0].update(method="DELETE"),
        {"counts_agree"},
    ),
    "openapi broken": (
        lambda v: v["documentation"].update(openapi="openapi: [3\n"),
        {"counts_agree"},
    ),
    "openapi nested without end": (
        lambda v: v["documentation"].update(openapi="- " * 20_000),
        {"counts_agree"},
    ),
    "comment for a handler": (
        lambda v: v["api_endpoints"][0].update(handler="// The handler"),
        {"counts_agree", "code_as_string"},
    ),
    "handler cut short": (
        lambda v: v["api_endpoints"][0].update(handler="def list_tags(:\n"),
        {"code_as_string"},
    ),
    "handler as lines": (
        lambda v: v["api_endpoints"][0].update(handler=["def f():", "    return 1"]),
        {"code_as_string"},
    ),
    "line breaks escaped twice": (
        lambda v: v["services"][0].update(code=v["services"][0]["code"].replace("\n", "\\n")),
        {"counts_agree", "code_as_string"},
    ),
    "nothing explained": (
        lambda v: v.update(summary="Tags.", documentation=v["documentation"] | {"readme": "Run."}),
        {"explanation_inside"},
    ),
}


@pytest.mark.parametrize("name", SABOTEURS)
def test_a_saboteur_is_caught_by_what_it_breaks_and_by_nothing_else(
    good: Evidence, name: str
) -> None:
    change, fails = SABOTEURS[name]
    assert failing(edited(good, change)) == fails


NEAR_MISSES: dict[str, Any] = {
    "an extra key": lambda v: v.update(notes="x"),
    "no middleware where none is named": lambda v: (
        v.update(middleware=[]),
        v["api_endpoints"][0].update(middleware=[]),
    ),
    "several parts share a file": lambda v: v.update(files_count=3),
    "ten files": lambda v: v.update(files_count=10),
    "openapi as an object": lambda v: v["documentation"].update(
        openapi={"paths": {"/api/v1/tags/": {"get": {}, "post": {}, "summary": "x"}}}
    ),
    "openapi as JSON with tabs, behind a server": lambda v: v["documentation"].update(
        openapi=json.dumps(
            {"servers": [{"url": "https://x/api/v1"}], "paths": {"/tags": {"GET": 1, "post": 2}}},
            indent="\t",
        )
    ),
    "confidence 0": lambda v: v.update(confidence=0),
    "no seeds": lambda v: v["database"].update(seeds=""),
    "code with an odd escape": lambda v: v["services"][0].update(code="x = '\\d'\n"),
}


@pytest.mark.parametrize("name", NEAR_MISSES)
def test_a_near_miss_passes(good: Evidence, name: str) -> None:
    assert failing(edited(good, NEAR_MISSES[name])) == set()


def test_words_around_the_json_break_that_alone(good: Evidence) -> None:
    text = final_text(good.events)
    for around in (
        f"Here is the implementation:\n\n{text}",
        f"Here is the implementation: {text}",
        f"{text}\n\nTell me if you want more.",
        f"Here it is:\n```json\n{text}\n```\n",
    ):
        assert failing(saying(around, good)) == {"only-json"}
        assert AROUND in ONLY_JSON.grade(saying(around, good)).reason


def test_one_fence_passes_unless_it_is_forbidden(good: Evidence) -> None:
    text = final_text(good.events)
    for fenced in (f"```json\n{text}\n```\n", f"\n```\n{text}\n```", f"```JSON\n{text}\n```\n\n"):
        assert failing(saying(fenced, good)) == set()
        assert JsonAnswer(fence="required").grade(saying(fenced, good)).outcome == "pass"
        assert JsonAnswer(fence="forbidden").grade(saying(fenced, good)).outcome == "fail"
    assert JsonAnswer(fence="required").grade(good).outcome == "fail"
    assert JsonAnswer(fence="forbidden").grade(good).outcome == "pass"


def test_a_line_break_that_is_not_escaped_breaks_the_json(good: Evidence) -> None:
    text = final_text(good.events)
    broken = saying(text.replace("(part 1 of 2)\\n", "(part 1 of 2)\n"), good)
    assert failing(broken) == set(NAMES)
    assert "the answer is not JSON: line 7 " in CHECKS["code_as_string"](broken).reason


def test_other_escapes_decode_to_the_same_code(good: Evidence) -> None:
    change = lambda v: v["services"][0].update(code="x = '\U0001f7e0'\n")  # noqa: E731
    escaped = edited(good, change)
    assert "\\ud83d\\udfe0" in final_text(escaped.events)
    assert failing(escaped) == set()


@try_cases(
    ("text", "reason"),
    [
        ("", "there is no final answer"),
        ("  \n", "there is no final answer"),
        ("I cannot help with that.", "the answer is not JSON: line 1 column 1: "),
        ('"I cannot help with that."', "the JSON is not an object"),
        ("null", "the JSON is not an object"),
        ("[]", "the JSON is not an object"),
        ('{"a": 1, "a": 2}', 'the key "a" is twice in one object'),
        ('{"a": NaN}', "NaN is not JSON"),
        ('{"a": 1,}', "the answer is not JSON"),
        ("[" * 100_000, "the JSON is nested too deeply"),
        ('{"a": ' + "9" * 5000 + "}", "the JSON has a number with too many digits"),
        ('```json\n{"a": 1}\n```\n```json\n{"a": 1}\n```', "there are 2 JSON fences"),
        ('```python\n{"a": 1}\n```', "the answer is not JSON"),
        ('```json\n{"a": 1}\nand more\n```', AROUND),
        ('{"a": 1} {"a": 2}', AROUND),
        ('```json\n{"a": 1}', AROUND),
        ("\ufeff{}", AROUND),
    ],
)
def test_what_is_not_one_json_object_fails_with_its_reason(text: str, reason: str) -> None:
    found = ONLY_JSON.grade(spoken(text))
    assert found.outcome == "fail"
    assert found.reason.startswith(reason)


def test_an_answer_cut_at_the_token_limit_cannot_be_judged() -> None:
    assert set(outcomes(spoken('{"summary": "x', end="length")).values()) == {"ungraded"}
    assert set(outcomes(spoken(end="refusal")).values()) == {"fail"}


def test_only_what_was_said_last_is_the_answer() -> None:
    begun = spoken("I'll look first.", '{"a": 1}')
    assert ONLY_JSON.grade(begun).outcome == "fail"
    called = (Call(id="1", tool="Read", args={}), Result(call="1", text="..."))
    events = (*begun.events[:2], *called, *begun.events[2:])
    found = ONLY_JSON.grade(begun.model_copy(update={"events": events}))
    assert found.outcome == "pass"
    assert found.points == (Point(event=4, start=0, end=8),)


def test_the_text_is_what_the_transcript_calls_final_and_points_lie_in_its_events() -> None:
    read = spoken("One.", 'Two:\n{"a": 1}')
    answer = Answer.read(read.events)
    assert answer.text == final_text(read.events)
    reading = read_json(answer.text)
    assert reading.value == {"a": 1}
    assert reading.span
    assert answer.find_points(*reading.span) == (Point(event=2, start=5, end=13),)
    assert answer.find_points(0, len(answer.text)) == (
        Point(event=1, start=0, end=4),
        Point(event=2, start=0, end=13),
    )


def test_types_are_those_of_json() -> None:
    text = '{"s": "", "i": 1, "n": 1.5, "b": true, "a": [], "o": {"deep": {"er": null}}, "z": null}'
    own = {"s": "string", "i": "integer", "n": "number", "b": "boolean", "a": "array"}
    grade = lambda **rules: JsonAnswer.model_validate(rules).grade(spoken(text))  # noqa: E731
    assert grade(required=own | {"o.deep": "object", "i": "number"}).outcome == "pass"
    for key, kind in [("b", "integer"), ("b", "number"), ("n", "integer"), ("i", "boolean")]:
        article = "an" if kind == "integer" else "a"
        assert grade(required={key: kind}).reason == f"{key} is not {article} {kind}"
    for key in ("o.nowhere", "s.below", "absent", "o.deep.er.below"):
        assert grade(required={key: ["string", "object"]}).reason == f"{key} is missing"
        assert grade(required={key: "null"}).reason == f"{key} is missing"
    for key in ("z", "o.deep.er"):
        assert grade(required={key: "null"}).outcome == "pass"
        assert grade(required={key: ["integer", "null"]}).outcome == "pass"
        reason = grade(required={key: ["string", "object"]}).reason
        assert reason == f"{key} is null, not a string or an object"
    assert grade(required={"i": ["string", "object"]}).reason == "i is not a string or an object"


def test_numbers_have_bounds() -> None:
    bounded = JsonAnswer(minimum={"n": 1}, maximum={"n": 10})
    for text, outcome in [("1", "pass"), ("10", "pass"), ("0", "fail"), ("11", "fail")]:
        assert bounded.grade(spoken(f'{{"n": {text}}}')).outcome == outcome
    assert bounded.grade(spoken('{"n": 11}')).reason == "n is 11, not in 1 to 10"
    for text in ("true", '"5"', "1e999", "null"):
        assert bounded.grade(spoken(f'{{"n": {text}}}')).outcome == "fail"


def test_a_key_that_may_be_null_is_held_to_its_bounds_and_items_only_when_it_is_not() -> None:
    year = JsonAnswer.model_validate(
        {"required": {"y": ["integer", "null"]}, "minimum": {"y": 1900}}
    )
    for text, outcome in [("null", "pass"), ("1999", "pass"), ("1", "fail"), ('"1999"', "fail")]:
        assert year.grade(spoken(f'{{"y": {text}}}')).outcome == outcome
    assert year.grade(spoken("{}")).reason.startswith("y is missing")
    tags = JsonAnswer.model_validate({"required": {"t": ["array", "null"]}, "items": {"t": ["id"]}})
    for text, outcome in [("null", "pass"), ('[{"id": null}]', "pass"), ("[{}]", "fail")]:
        assert tags.grade(spoken(f'{{"t": {text}}}')).outcome == outcome


def test_keys_of_what_is_no_object_are_refused() -> None:
    with pytest.raises(ValidationError, match="leave root out"):
        JsonAnswer(root="array", required={"a": "string"})
    assert JsonAnswer(root="array").grade(spoken("[1]")).outcome == "pass"
    assert JsonAnswer(root="any").grade(spoken("1")).outcome == "pass"
