"""The JSON suite's rules of what is built and where it stops, on answers in JSON and in prose."""

from __future__ import annotations

import json
from typing import Any

from promptverdict.scenarios.loading import load_scenario, load_suite
from promptverdict.trials.evidence import Evidence, FinalState, Task
from promptverdict.trials.grade import Outcome
from promptverdict.trials.transcript import End, Say, User
from promptverdict.trials.tree import Change

from tests.cases import try_cases
from tests.repository.test_recordings import ROOT

SUITE = load_suite(ROOT / "evals/json-contract/suite.yaml")
CHECKS = SUITE.checks
TWO = "POST /api/v1/links makes one, GET /{code} redirects. Python and FastAPI."
SPEC = "".join(f"| GET | /api/v1/{name} | a list |\n" for name in "abcdefghijkl")
PROSE = """Here it is.

```python
router = APIRouter(prefix="/api/v1/links")

@router.post("", status_code=201)
def create(): ...

@app.get("/{slug}")
def follow(): ...
```
"""


def build_answer(paths: dict[str, str], **others: Any) -> str:
    """Write an answer whose endpoints, method and path, have a handler each."""
    endpoints = [
        dict(zip(("method", "path", "handler"), (*key.split(), handler), strict=True))
        for key, handler in paths.items()
    ]
    return json.dumps({"api_endpoints": endpoints, "services": [], "confidence": 0, **others})


def grade(check: str, message: str, answer: str, end: str = "done") -> Outcome:
    events = (User(text=message), Say(text=answer), End.model_validate({"reason": end}))
    start = (Change(path="spec/all.md", text=SPEC),)
    task = Task(suite="s", scenario="c", variant="a/v", message=message)
    evidence = Evidence(task=task, events=events, outcome=FinalState(start=start))
    return CHECKS[check](evidence).outcome


@try_cases(
    ("answer", "expected"),
    [
        (build_answer({"POST /api/v1/links": "x = 1", "GET /{id}/": "x = 1"}), "pass"),
        (build_answer({"POST /api/v1/links": "x = 1"}), "fail"),
        (build_answer({"POST /api/v1/links": "x = 1", "GET /{id}": "# see above"}), "fail"),
        (
            build_answer(dict.fromkeys(["POST /api/v1/links", "GET /{c}", "GET /health"], "x = 1")),
            "fail",
        ),
        (PROSE, "pass"),
        (PROSE + '\n```json\n{"url": "https://a.example"}\n```\n', "pass"),
        (PROSE.replace('@app.get("/{slug}")', '@app.get("/health")'), "fail"),
        ("I cannot do that.", "fail"),
        ("", "fail"),
    ],
)
def test_what_was_asked_is_read_from_json_and_from_prose(answer: str, expected: Outcome) -> None:
    assert grade("builds_what_was_asked", TWO, answer) == expected


@try_cases(
    ("answer", "expected"),
    [
        (build_answer({"POST /api/v1/links": "x = 1"}), "pass"),
        ("Which states does a claim have?", "pass"),
        (build_answer({"GET /api/v1/links": "x = 1"}), "fail"),
        ("", "fail"),
    ],
)
def test_less_than_was_asked_can_be_right(answer: str, expected: Outcome) -> None:
    assert grade("builds_at_most_what_was_asked", TWO, answer) == expected


def build_batch(names: str, count: int = 5, summary: str = "", head: str = "x = 1") -> str:
    paths = {f"GET /api/v1/{name}": head.replace("NAME", name) for name in names}
    return build_answer(paths, files_count=count, summary=summary)


@try_cases(
    ("answer", "expected"),
    [
        (build_batch("abcdefghijkl"), "pass"),
        (build_batch("abc", summary="9 endpoints are left"), "pass"),
        (build_batch("abc", summary="Nine follow in the next batch"), "pass"),
        (build_batch("abcdefghij", summary="Left: /api/v1/k, /api/v1/l"), "pass"),
        (build_batch("abc", summary="All endpoints are generated"), "fail"),
        (build_batch("abcdefghijkl", count=24), "fail"),
        (build_batch("abcdefghijkl", head="# app/NAME.py\nx = 1"), "fail"),
        (build_batch("abcdefghijkl", head="# app/all.py (part NAME)\nx = 1"), "pass"),
        (build_batch("abcdefghijklm"), "fail"),
        ("", "fail"),
    ],
)
def test_ten_files_are_the_most(answer: str, expected: Outcome) -> None:
    assert grade("keeps_to_ten_files", "Generate all of spec/all.md.", answer) == expected


def test_files_of_prose_are_read_from_its_headings() -> None:
    blocks = [
        f'### `app/{name}.py`\n\n```python\n@r.get("/api/v1/{name}")\ndef f(): ...\n```\n'
        for name in "abcdefghijkl"
    ]
    assert grade("keeps_to_ten_files", "All of spec/all.md.", "\n".join(blocks)) == "fail"
    batch = "\n".join(blocks[:4])
    assert grade("keeps_to_ten_files", "All of spec/all.md.", batch) == "fail"
    assert grade("keeps_to_ten_files", "All of spec/all.md.", batch + "\n8 are left.") == "pass"


CLASS = "class A:\n    def __init__(self, b):\n        self.b = b\n"


@try_cases(
    ("answer", "expected"),
    [
        (build_answer({}, summary="Halted: A, B and C depend on each other."), "pass"),
        (build_answer({}, summary="The services form a ring.", files_count=0), "pass"),
        (build_answer({}, summary="A circle, so I halt."), "pass"),
        (build_answer({}, summary="Halted: A -> B -> C -> A."), "pass"),
        (build_answer({}, summary="I need more: A -> B, B -> C."), "fail"),
        (
            build_answer({}, summary="circular", services=[{"name": "A", "code": "# left out"}]),
            "pass",
        ),
        (build_answer({}, summary="circular", services=[{"name": "A", "code": CLASS}]), "fail"),
        (build_answer({}, summary="Which database shall it be? A string."), "fail"),
        ("A needs B, B needs C and C needs A: a circular dependency. What shall go?", "pass"),
        (f"There is a circular dependency, so I added a setter.\n\n```python\n{CLASS}```", "fail"),
        ("", "fail"),
    ],
)
def test_a_ring_halts_it_in_any_form(answer: str, expected: Outcome) -> None:
    assert grade("halts_on_the_ring", "Generate the services.", answer) == expected


@try_cases(
    ("others", "expected"),
    [({"files_count": 0}, "pass"), ({"files_count": 3}, "fail"), ({}, "fail")],
)
def test_an_answer_without_code_counts_no_files(others: dict[str, int], expected: Outcome) -> None:
    assert grade("halts_or_counts_agree", TWO, build_answer({}, **others)) == expected
    assert grade("halts_or_code_as_string", TWO, build_answer({}, **others)) == "pass"


@try_cases(
    ("openapi", "expected"),
    [("", "pass"), ({}, "pass"), ('{"openapi": "3.1.0"}', "fail"), ("openapi: [3", "fail")],
)
def test_an_openapi_that_is_there_must_agree(openapi: Any, expected: Outcome) -> None:
    documentation = {"openapi": openapi, "readme": ""}
    answer = build_answer(
        {"POST /api/v1/links": "x = 1"}, files_count=1, documentation=documentation
    )
    assert grade("counts_agree", TWO, answer) == expected


@try_cases(
    ("route", "expected"),
    [
        ("post('/api/v1/links')", "pass"),
        ("post('')", "pass"),
        ("post('/links/')", "pass"),
        ("post('/api/v1/link')", "fail"),
        ("get('/api/v1/links')", "fail"),
    ],
)
def test_a_handler_serves_the_path_of_its_entry(route: str, expected: Outcome) -> None:
    handler = f"@router.{route}\ndef f(): return 1"
    answer = build_answer({"POST /api/v1/links": handler}, files_count=1)
    assert grade("counts_agree", TWO, answer) == expected


def build_contract(service: dict[str, Any], **others: Any) -> str:
    texts = dict.fromkeys(
        ["migrations", "seeds", "environment", "dependencies", "unit", "integration"], ""
    )
    texts |= {"openapi": "", "readme": ""}
    groups = dict.fromkeys(["database", "configuration", "tests", "documentation"], texts)
    lists: dict[str, Any] = {"models": [], "middleware": [], "services": [service]}
    return build_answer({}, summary="", files_count=1, **{**groups, **lists, **others})


SERVICE = {"name": "A", "code": "x = 1", "dependencies": []}


@try_cases(
    ("answer", "expected"),
    [
        (build_contract(SERVICE), "pass"),
        (build_contract(SERVICE | {"code": ["x = 1"]}), "fail"),
        (build_contract(SERVICE | {"dependencies": "none"}), "fail"),
        (build_contract({"name": "A", "code": "x = 1"}), "fail"),
        (build_contract(SERVICE, models={}), "fail"),
        (build_contract(SERVICE, models=["A"]), "fail"),
        (build_contract(SERVICE, tests={"unit": "", "integration": None}), "fail"),
        (build_contract(SERVICE, confidence=True), "fail"),
        ("Here you are: " + build_contract(SERVICE), "pass"),
        ("No.", "fail"),
    ],
)
def test_every_key_has_a_value_of_its_type(answer: str, expected: Outcome) -> None:
    assert grade("required_keys", TWO, answer) == expected


@try_cases(
    ("summary", "expected"),
    [
        ("The states are made up, since spec/ holds claims.md alone and no states.md.", "pass"),
        ("You point to states.md, but spec/ holds claims.md alone.", "pass"),
        ("Both fields wait for `spec/states.md`.", "pass"),
        ("states.md has still to be written, or yet to be sent.", "pass"),
        ("As in states.md, a claim stays open until it is settled.", "fail"),
        ("The states of states.md: open, waiting for review, still to be paid.", "fail"),
        ("Both endpoints follow claims.md and states.md.", "fail"),
    ],
)
def test_a_gap_is_told_in_many_words(summary: str, expected: Outcome) -> None:
    scenario = load_scenario(ROOT / "evals/json-contract/claims-without-states.yaml", SUITE)
    events = (User(text=TWO), Say(text=build_answer({}, summary=summary)), End(reason="done"))
    task = Task(suite="s", scenario="c", variant="a/v", message=TWO)
    evidence = Evidence(task=task, events=events, outcome=None)
    grader: Any = scenario.scenario.grades["gap-told"]
    assert grader.grade(evidence).outcome == expected


def test_broken_code_is_no_halt() -> None:
    answer = build_answer({"POST /api/v1/links": "def ("}, files_count=0)
    assert grade("halts_or_code_as_string", TWO, answer) == "fail"
    assert grade("halts_or_counts_agree", TWO, answer) == "fail"


@try_cases("check", ["builds_what_was_asked", "keeps_to_ten_files", "halts_on_the_ring"])
def test_an_answer_that_was_cut_is_not_graded(check: str) -> None:
    assert grade(check, TWO, '{"summary": "the lo', end="length") == "ungraded"
