"""Values that most trials of a run share, each held once: a summary takes little memory so."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType

from promptverdict.trials.grade import Outcome
from promptverdict.trials.integrity import Integrity
from promptverdict.trials.provenance import Provenance

Tokens = tuple[int | None, int | None, int | None, int | None, bool]
"""Read, written, read from a cache, written to one, and whether they are estimated."""
Versions = tuple[tuple[str, str], ...]


@lru_cache(maxsize=4096)
def share_mapping(items: tuple[tuple[str, str | int], ...]) -> Mapping[str, str | int]:
    """Hold alike mappings once: most trials of a run share theirs."""
    return MappingProxyType(dict(items))


@lru_cache(maxsize=4096)
def share_names(names: tuple[str, ...]) -> tuple[str, ...]:
    """Hold alike lists of names once."""
    return names


@lru_cache(maxsize=4096)
def share_outcomes(outcomes: tuple[tuple[str, Outcome], ...]) -> tuple[tuple[str, Outcome], ...]:
    """Hold alike lists of behaviours and outcomes once."""
    return outcomes


@lru_cache(maxsize=4096)
def share_tokens(tokens: Tokens) -> Tokens:
    """Hold alike counts of tokens once."""
    return tokens


def share_integrity(integrity: Integrity) -> Integrity:
    """Hold alike findings once; those with leaks are each their own."""
    return integrity if integrity.leaks else build_integrity(integrity.state, integrity.why)


@lru_cache(maxsize=64)
def build_integrity(state: str, why: str) -> Integrity:
    """Build a finding without leaks, each once."""
    return Integrity.model_validate({"state": state, "why": why})


def share_origin(provenance: Provenance | None) -> Provenance | None:
    """Hold once what trials share of their provenance: all but when they were recorded."""
    if provenance is None:
        return None
    return build_origin(
        provenance.evidence,
        provenance.operator,
        provenance.model,
        provenance.answered,
        tuple(provenance.versions.items()),
    )


@lru_cache(maxsize=4096)
def build_origin(
    evidence: str, operator: str | None, model: str, answered: str, versions: Versions
) -> Provenance:
    """Build what trials share of their provenance, each once; arguments are its fields."""
    return Provenance.model_validate(
        {
            "evidence": evidence,
            "operator": operator,
            "model": model,
            "answered": answered,
            # A second that no trial was recorded in: each sets its own.
            "recorded": "0001-01-01T00:00:00Z",
            "versions": dict(versions),
        }
    )
