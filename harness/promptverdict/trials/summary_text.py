"""A trial's summary as one line of JSON: for caches, which only the version that wrote it reads."""

from __future__ import annotations

import json
from dataclasses import fields
from datetime import date
from sys import intern
from typing import Any

from promptverdict.trials.integrity import Integrity
from promptverdict.trials.record import Fault
from promptverdict.trials.shared_values import (
    build_integrity,
    build_origin,
    share_mapping,
    share_names,
    share_outcomes,
    share_tokens,
)
from promptverdict.trials.summary import TrialSummary

_NAMES = tuple(field.name for field in fields(TrialSummary))


def format_summary(summary: TrialSummary) -> str:
    """Format a summary so that `parse_summary` returns an equal one."""
    values = {name: getattr(summary, name) for name in _NAMES}
    values["compatible"] = dict(values["compatible"])
    for name in ("integrity", "fault", "_origin"):
        values[name] = values[name] and values[name].model_dump(mode="json")
    if origin := values["_origin"]:
        del origin["recorded"]  # every trial's is the same, and none was recorded then
        origin["versions"] = tuple(origin["versions"].items())
    if money := values["_money"]:
        values["_money"] = (*money[:2], money[2].isoformat())
    return json.dumps(values, separators=(",", ":"))


def parse_summary(text: str | bytes) -> TrialSummary:
    """Parse what `format_summary` wrote, and hold once what other summaries share."""
    values = json.loads(text)
    for name in ("suite", "scenario", "variant", "ending"):
        values[name] = intern(values[name])
    for name in ("required", "notices"):
        values[name] = share_names(tuple(values[name]))
    values["revision"] = values["revision"] and intern(values["revision"])
    values["compatible"] = share_mapping(tuple(values["compatible"].items()))
    values["integrity"] = _parse_integrity(values["integrity"])
    values["fault"] = values["fault"] and Fault.model_validate(values["fault"])
    values["outcomes"] = share_outcomes(tuple(map(tuple, values["outcomes"])))
    if origin := values["_origin"]:
        origin["versions"] = tuple(map(tuple, origin["versions"]))
        values["_origin"] = build_origin(**origin)
    values["_tokens"] = share_tokens(tuple(values["_tokens"]))
    if money := values["_money"]:
        values["_money"] = (money[0], intern(money[1]), date.fromisoformat(money[2]))
    return TrialSummary(**values)


def _parse_integrity(values: dict[str, Any]) -> Integrity:
    if values["leaks"]:
        return Integrity.model_validate(values)
    return build_integrity(values["state"], values["why"])
