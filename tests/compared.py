"""Records of two variants in as many scenarios as a comparison takes, made by hand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from promptverdict.comparison.samples import Sample
from promptverdict.scenarios.suite import Suite
from promptverdict.trials.grade import Finding, Grade, failed, passed, ungraded
from promptverdict.trials.record import Fault, TrialRecord

from tests.report.made import PROVENANCE, record

BASE, TERSE = "helper/base", "helper/terse"
FINDINGS: Mapping[str, Finding] = {"+": passed("yes"), "-": failed("no"), "?": ungraded("unknown")}
FAULT = Fault(kind="ProviderError", message="it is gone", exit_code=4)
DIGEST = {"model": "1", "system": "2", "tools": "3", "message": "4", "limits": "5"}
COMPATIBLE: dict[str, str | int] = {"toolset": 1, "python": "3.13.5", "pytest": "9.0.2"}


def trial(
    variant: str, scenario: str, number: int, grades: Mapping[str, str] | None, **more: Any
) -> TrialRecord:
    """Make the record of one trial: behaviour -> `+`, `-` or `?`; None: the machinery broke."""
    told = [
        Grade(behaviour=name, grader="says", finding=FINDINGS[sign])
        for name, sign in (grades or {}).items()
    ]
    fields = {
        "key": f"{more.get('suite', 'manners')}-{scenario}-{variant}-{number}",
        "suite": "manners",
        "trial": number,
        "digest": DIGEST | {"system": variant},
        "compatible": COMPATIBLE,
        "grades": tuple(told),
        "behaviours": tuple(grades or ()),
        "fault": FAULT if grades is None else None,
        "provenance": None if grades is None else PROVENANCE,
    }
    return record(scenario=scenario, variant=variant, **(fields | more))


def side(variant: str, *scenarios: str, behaviour: str = "kind", **more: Any) -> list[TrialRecord]:
    """Make one variant's records: for s0, s1, ... one sign for each trial; `!`: it broke."""
    return [
        trial(
            variant,
            f"s{place}",
            number,
            None if sign == "!" else {behaviour: sign},
            **({"behaviours": (behaviour,)} | more),
        )
        for place, signs in enumerate(scenarios)
        for number, sign in enumerate(signs)
    ]


def samples(records: Iterable[TrialRecord]) -> list[Sample]:
    """Take of records what a comparison needs."""
    return [Sample.of(record) for record in records]


def suite(*behaviours: str, **more: Any) -> Suite:
    """Make a suite that knows some behaviours."""
    fields: dict[str, Any] = {
        "title": "Manners",
        "baseline": BASE,
        "behaviours": {name: {"says": f"It is {name}"} for name in behaviours or ("kind",)},
    }
    return Suite.model_validate(fields | more)


def signs(scores: Mapping[str, Sequence[float | None]]) -> list[str]:
    """Write scores as signs, for `side`."""
    marks = {1.0: "+", 0.0: "-", None: "?"}
    return ["".join(marks[score] for score in trials) for trials in scores.values()]
