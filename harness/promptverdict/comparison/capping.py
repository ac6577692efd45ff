"""Verdicts that something besides the edit could explain: they are capped, with the reason."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from promptverdict.comparison.behaviour_verdict import BehaviourVerdict
from promptverdict.comparison.verdicts import Comparison, SuiteGate

V = TypeVar("V", bound=BehaviourVerdict)


def cap_suites(comparison: Comparison, reasons: Mapping[str, str], cure: str) -> Comparison:
    """Return a comparison without verdicts on some suites; reasons: suite -> why there is none.

    What would be improved or regressed is inconclusive then, and a gate that it decides is
    undecided. cure: what to do, as the next step.
    """
    return comparison.model_copy(
        update={
            "behaviours": tuple(_cap(verdict, reasons, cure) for verdict in comparison.behaviours),
            "themes": tuple(_cap(verdict, reasons, cure) for verdict in comparison.themes),
            "gates": tuple(_cap_gate(gate, reasons) for gate in comparison.gates),
        }
    )


def _cap(verdict: V, reasons: Mapping[str, str], cure: str) -> V:
    if verdict.verdict not in ("improved", "regressed") or verdict.suite not in reasons:
        return verdict
    reason = f"{reasons[verdict.suite]}; by the figures it would be {verdict.verdict}"
    return verdict.model_copy(
        update={
            "verdict": "inconclusive",
            "reason": "; ".join(filter(None, (reason, verdict.reason))),
            "next_step": cure,
        }
    )


def _cap_gate(gate: SuiteGate, reasons: Mapping[str, str]) -> SuiteGate:
    decided = gate.exit_code == 1 or (gate.exit_code == 0 and gate.mode == "non_inferiority")
    if gate.suite not in reasons or not decided:
        return gate
    why = reasons[gate.suite]
    texts = tuple(f"{why}: {reason}" for reason in gate.reasons) or (why,)
    return gate.model_copy(update={"outcome": "inconclusive", "exit_code": 6, "reasons": texts})
