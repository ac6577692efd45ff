"""What is written is read as it was, and what was read is written with the same bytes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from promptverdict.recording import yaml_format
from promptverdict.recording.delta import DeltaSerializer
from promptverdict.recording.digest import hash_part
from promptverdict.recording.files import Location, open_sealed
from promptverdict.recording.matching import is_same, prepare_request
from promptverdict.recording.seal import seal_cassette
from promptverdict.trials.evidence import Evidence, FinalState, Task
from promptverdict.trials.grade import Finding, Grade, Point
from promptverdict.trials.record import TrialRecord
from promptverdict.trials.transcript import Answered, Call, End, Event, Opaque, Result, Say, User
from promptverdict.trials.tree import Change, TestNode, TestReport
from vcr.request import Request

from tests.properties.profile import PROFILE
from tests.report.made import record

__all__ = ["PROFILE"]

ROOT = Path(__file__).parents[2]
TEXTS = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
    st.lists(
        st.sampled_from(
            ["a", " ", "\n", "\r\n", "\t", "- ", ": ", "#", "'", '"', "\x0c", "\u2028"]
        ),
        max_size=8,
    ).map("".join),
    st.sampled_from(
        ["no", "null", "~", "1", "1.0", "0x1", "1e5", ".inf", "=", "<<", "\ufeff", "\x85"]
    ),
)
NUMBERS = st.integers(-(10**30), 10**30) | st.floats(allow_nan=False)
JSON = st.recursive(
    st.none() | st.booleans() | NUMBERS.filter(lambda number: abs(number) < 1e300) | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=10,
)
OBJECTS = st.dictionaries(TEXTS, JSON, max_size=4)
PLAIN = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS | st.binary(max_size=10),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=10,
)


def is_alike(first: Any, second: Any) -> bool:
    """Compare values, their types and the order of their keys: 1 is not 1.0, and not True."""
    return repr(first) == repr(second)


@given(PLAIN)
def test_plain_data_is_read_as_it_was_written(data: Any) -> None:
    text = yaml_format.dump(data)
    read = yaml_format.load(text, "x")
    assert is_alike(read, data)
    assert yaml_format.dump(read) == text


ENCODERS = [
    lambda data: json.dumps(data, separators=(",", ":"), ensure_ascii=False),
    json.dumps,
    lambda data: json.dumps(data, separators=(",", ":")),
    lambda data: json.dumps(data, indent=1),
]
MESSAGES = st.fixed_dictionaries({"role": st.sampled_from(["user", "assistant"]), "content": JSON})
OTHER_BODIES = TEXTS | st.sampled_from(
    ['{"a":1,"a":2}', '{"a":1e400}', '{"a":"\\ud800"}', "{", "[1]"]
)


@st.composite
def draw_cassettes(draw: st.DrawFn) -> dict[str, Any]:
    """Draw conversations that go on from each other, as a trial's do, and bodies that are none."""
    interactions, sent, answers = [], [], []
    for _ in range(draw(st.integers(0, 5))):
        encode = draw(st.sampled_from(ENCODERS))
        key = draw(st.sampled_from(["messages", "input"]))
        earlier = draw(st.sampled_from(sent)) if sent else []
        added = draw(
            st.lists(MESSAGES | (st.sampled_from(answers) if answers else MESSAGES), max_size=3)
        )
        kept = earlier[: draw(st.integers(0, len(earlier)))] + added
        sent.append(kept)
        body = draw(st.permutations(list({**draw(OBJECTS), key: kept, "system": "x" * 9}.items())))
        answer = {"type": "message", "content": draw(JSON)}
        answers.append({"role": "assistant", "content": answer["content"]})
        interactions.append(
            {
                "request": {
                    "method": "POST",
                    "body": draw(st.just(encode(dict(body))) | OTHER_BODIES | st.none()),
                    "headers": {},
                },
                "response": {
                    "status": {"code": 200, "message": "OK"},
                    "body": {"string": draw(st.just(encode(answer)) | OTHER_BODIES)},
                },
            }
        )
    return {"metadata": {"recording": draw(OBJECTS)}, "version": 1, "interactions": interactions}


@given(draw_cassettes())
def test_a_conversation_is_read_byte_for_byte_as_it_was_stored(cassette: dict[str, Any]) -> None:
    serializer = DeltaSerializer("x")
    text = serializer.serialize(cassette)
    read = serializer.deserialize(text)
    assert read == cassette
    assert is_alike(read["metadata"], cassette["metadata"])
    assert serializer.serialize(read) == text


RECORDINGS = sorted(ROOT.glob("evals/*/cassettes/*/*/*/*.http.yaml"))


@given(st.sampled_from(RECORDINGS))
def test_a_recording_of_this_repository_is_written_as_it_was_read(path: Path) -> None:
    sealed = open_sealed(Location(path.parent, int(path.name.partition(".")[0])))
    serializer = DeltaSerializer(path.name)
    assert serializer.serialize(serializer.deserialize(sealed.http)) == sealed.http
    world = sealed.read_world().model_dump(mode="json", exclude_defaults=True) or {"format": 1}
    assert yaml_format.dump(world) == sealed.world
    assert seal_cassette(sealed.http, sealed.world)[1].encode() == path.read_bytes()


OPTIONAL = st.none() | TEXTS
CHANGES = st.builds(
    Change,
    path=TEXTS,
    kind=st.sampled_from(["file", "link", "folder", "special", "deleted"]),
    mode=st.from_regex(r"\A[0-7]{1,4}\Z"),
    text=OPTIONAL,
    base64=OPTIONAL,
    splices=st.none() | st.lists(st.integers(-9, 9) | TEXTS, max_size=3).map(tuple),
    target=OPTIONAL,
)
REPORTS = st.builds(
    TestReport,
    tree=TEXTS,
    exit_code=st.integers(-9, 9),
    nodes=st.lists(
        st.builds(
            TestNode,
            id=TEXTS,
            phase=st.sampled_from(["collect", "call"]),
            outcome=st.sampled_from(["passed", "failed"]),
            message=OPTIONAL,
        ),
        max_size=2,
    ).map(tuple),
)
EVENTS: st.SearchStrategy[Event] = st.one_of(
    st.builds(User, text=TEXTS),
    st.builds(Say, text=TEXTS, raw=st.none() | OBJECTS),
    st.builds(Call, id=TEXTS, tool=TEXTS, args=OBJECTS, unreadable=OPTIONAL),
    st.builds(Opaque, block=OBJECTS),
    st.builds(Answered, model=TEXTS, stop=TEXTS, operator=OPTIONAL),
    st.builds(
        Result,
        call=TEXTS,
        text=TEXTS,
        error=st.booleans(),
        seconds=st.floats(0, 1e6),
        changes=st.lists(CHANGES, max_size=2).map(tuple),
        tests=st.lists(REPORTS, max_size=1).map(tuple),
    ),
    st.builds(End, reason=TEXTS, detail=TEXTS),
)
GRADES = st.builds(
    Grade,
    behaviour=TEXTS,
    grader=TEXTS,
    finding=st.builds(
        Finding,
        outcome=st.sampled_from(["pass", "fail", "ungraded"]),
        reason=TEXTS,
        points=st.lists(st.builds(Point, event=st.integers(0, 99)), max_size=2).map(tuple),
    ),
)


@st.composite
def draw_records(draw: st.DrawFn) -> TrialRecord:
    task = Task(suite="s", scenario="c", variant="a", message=draw(TEXTS))
    events = tuple(draw(st.lists(EVENTS, max_size=5)))
    outcome = FinalState(start=tuple(draw(st.lists(CHANGES, max_size=2))))
    return record(
        evidence=Evidence(task=task, events=events, outcome=outcome),
        grades=tuple(draw(st.lists(GRADES, max_size=2))),
        notices=tuple(draw(st.lists(TEXTS, max_size=2))),
        seconds=draw(st.floats(0, 1e6)),
    )


@given(draw_records())
def test_a_record_is_read_as_it_was_written(trial: TrialRecord) -> None:
    text = trial.model_dump_json()
    read = TrialRecord.model_validate_json(text)
    assert read == trial
    assert read.model_dump_json() == text


@given(OBJECTS, st.randoms(use_true_random=False), JSON)
def test_a_digest_knows_values_and_no_order_of_keys(part: Any, chance: Any, other: Any) -> None:
    keys = list(part)
    chance.shuffle(keys)
    assert hash_part({key: part[key] for key in keys}) == hash_part(part)
    is_one = json.dumps(other, sort_keys=True) == json.dumps(part, sort_keys=True)
    assert (hash_part(other) == hash_part(part)) == is_one


@given(OBJECTS, OBJECTS, st.randoms(use_true_random=False))
def test_a_request_is_known_whatever_the_order_of_its_keys(
    body: dict[str, Any], other: dict[str, Any], chance: Any
) -> None:
    def prepare(content: dict[str, Any]) -> Request:
        return prepare_request(Request("POST", "http://x/v1/messages", json.dumps(content), {}))

    keys = list(body)
    chance.shuffle(keys)
    assert is_same(prepare(body), prepare({key: body[key] for key in keys}))
    is_one = json.dumps(other, sort_keys=True) == json.dumps(body, sort_keys=True)
    assert is_same(prepare(body), prepare(other)) == is_one
