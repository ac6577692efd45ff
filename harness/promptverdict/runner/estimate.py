"""What recording will take, estimated before anything is spent from what is recorded already."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from promptverdict.core.errors import EvidenceError, InputError, Problem, ProviderError
from promptverdict.core.text import format_count
from promptverdict.providers.registry import is_by_hand, load_api, resolve_requested_name
from promptverdict.recording.files import Location, Sealed, open_sealed
from promptverdict.recording.player import open_player
from promptverdict.runner.cells import Cell, Trial
from promptverdict.trials.prices import Cost, Price, add_costs, compute_cost
from promptverdict.trials.transcript import Usage, add_usages

SAMPLE = 20
"""Recordings of a suite that are read for an estimate: enough for a mean, and read in a blink."""

CHARACTERS = 4
"""Characters of English or code that make a token, roughly, with every provider's tokenizer."""


@dataclass(frozen=True)
class Estimate:
    """What some trials will take."""

    trials: int
    models: tuple[str, ...]
    tokens: int | None
    """By the mean of what each trial's suite has recorded; None where one has recorded nothing."""
    cost: Cost | None
    first_requests: int
    """Tokens of the first requests alone: the least that will be spent."""

    def __str__(self) -> str:
        trials = format_count(self.trials, "trial")
        least = f"the first requests alone are about {self.first_requests:,} tokens"
        tokens = least if self.tokens is None else f"about {self.tokens:,} tokens"
        price = f"about {self.cost}" if self.cost else "price unknown"
        return f"recording {trials} with {', '.join(self.models)}: {tokens}, {price}"


def estimate(trials: Iterable[Trial], prices: Mapping[str, Price]) -> Estimate:
    """Estimate tokens and price of recording trials."""
    wanted = list(trials)
    means: dict[Path, Usage] = {}
    for trial in wanted:
        suite = trial.cell.scenario.cassettes.parent
        if suite not in means:
            means[suite] = _average_usage(suite)
    each = [means[trial.cell.scenario.cassettes.parent] for trial in wanted]
    whole = add_usages(each)
    known = whole.input is not None and whole.output is not None
    return Estimate(
        trials=len(wanted),
        models=tuple(sorted({trial.cell.model for trial in wanted})),
        tokens=(whole.input or 0) + (whole.output or 0) if known else None,
        cost=add_costs(
            compute_cost(usage, prices.get(trial.cell.model))
            for usage, trial in zip(each, wanted, strict=True)
        ),
        first_requests=sum(map(_estimate_first_request, wanted)),
    )


def list_endings(trials: Iterable[Trial]) -> list[str]:
    """List which of the models asked are deprecated, and when each will end."""
    asked = {model for trial in trials for model in (trial.cell.model, trial.cell.user_model)}
    names = sorted(model for model in asked if model and not is_by_hand(model))
    endings = (load_api(name).find_deprecation(resolve_requested_name(name)) for name in names)
    return [ending for ending in endings if ending]


def refuse_unpriced(cells: Iterable[Cell], prices: Mapping[str, Price]) -> None:
    """Raise InputError where somebody is asked whose price is unknown: no limit could be held."""
    asked = {model for cell in cells for model in (cell.model, cell.user_model, cell.asks)}
    if unknown := sorted(model for model in asked if model and model not in prices):
        problem = f"there is no price for {', '.join(unknown)}"
        cure = f'set its price: [tool.promptverdict.prices."{unknown[0]}"]'
        raise InputError([Problem("--max-cost", problem, cure)])


def _estimate_first_request(trial: Trial) -> int:
    cell = trial.cell
    tools = len(json.dumps(cell.tools)) if cell.tools else 0
    return (len(cell.variant.prompt) + len(cell.task.message) + tools) // CHARACTERS


def _average_usage(cassettes: Path) -> Usage:
    """Return the mean over a suite's recordings; unknown where none of them says what it used."""
    used = []
    for path in sorted(cassettes.glob("**/*.http.yaml"))[:SAMPLE]:
        try:
            sealed = open_sealed(Location(path.parent, int(path.name.partition(".")[0])))
            used.append(_count_usage(sealed))
        except (EvidenceError, ProviderError, KeyError, ValueError):
            # An estimate needs no complete sample; what is wrong is said where the file is used.
            continue
    whole = add_usages(used)
    if not used or whole.input is None or whole.output is None:
        return Usage()
    return Usage(input=whole.input // len(used), output=whole.output // len(used))


def _count_usage(sealed: Sealed) -> Usage:
    api = load_api(sealed.head.provenance.model)
    answers = open_player(sealed).list_answers()
    return add_usages(api.read_answer(answer)[1].usage for answer in answers)
