"""Whoever waits for a recording reads how far it is, what it took and what is left."""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace

from promptverdict.pytest_plugin.progress import Progress
from promptverdict.trials.prices import Cost
from promptverdict.trials.record import Fault

from tests.cases import try_cases
from tests.report.made import summary

COST = Cost(amount=2.0, currency="USD", as_of=date(2026, 1, 1))


def lines(*seconds: float, planned: int, **more: object) -> list[str]:
    clock = iter([0.0, *seconds])
    progress = Progress(planned, lambda: next(clock))
    return [progress.format_line(summary(**more)) for _ in seconds]


def test_a_line_tells_the_trial_the_sum_and_the_time_left() -> None:
    first, second = lines(60, 120, planned=4, cost=COST)
    assert first == (
        "[1/4] manners/hello::helper/base#0: done after 2 turns, 1 s; so far 2,534 tokens,"
        " 2.00 USD; about 3 min left"
    )
    assert second.endswith("so far 5,068 tokens, 4.00 USD; about 2 min left")


def test_the_last_line_tells_how_long_it_took() -> None:
    assert lines(5, 75, planned=2)[-1].endswith("price unknown; all in 75 s")


def test_a_trial_that_broke_counts_and_says_so() -> None:
    fault = Fault(kind="ProviderError", message="x", exit_code=4)
    (line,) = lines(1, planned=1, fault=fault)
    assert ": fault after 2 turns" in line


@try_cases(("seconds", "told"), [(89, "89 s"), (600, "10 min"), (9000, "2.5 h")])
def test_long_times_are_told_in_larger_units(seconds: float, told: str) -> None:
    assert lines(seconds, planned=2)[0].endswith(f"about {told} left")


class Waiting:
    """A trial of which the model alone matters."""

    def __init__(self, model: str) -> None:
        self.cell = SimpleNamespace(model=model)


@try_cases(
    ("model", "cure"),
    [
        ("relay/me", "answer it: promptverdict relay take"),
        ("anthropic/x", "Ctrl-C keeps what is finished"),
    ],
)
def test_silence_is_broken_with_who_is_waited_for_and_what_to_do(model: str, cure: str) -> None:
    clock = iter([0.0, 14.0, 15.0, 20.0, 30.0])
    progress = Progress(4, lambda: next(clock))
    lines = [progress.format_silence(Waiting(model)) for _ in range(4)]  # type: ignore[arg-type]
    assert lines == [
        None,
        f"waiting for {model}: 4 trials to go, nothing ended for 15 s; {cure}",
        None,
        f"waiting for {model}: 4 trials to go, nothing ended for 30 s; {cure}",
    ]


def test_a_trial_that_ends_begins_a_new_silence() -> None:
    clock = iter([0.0, 10.0, 20.0, 26.0])
    progress = Progress(2, lambda: next(clock))
    progress.format_line(summary())
    assert progress.format_silence(Waiting("relay/me")) is None  # type: ignore[arg-type]
    line = progress.format_silence(Waiting("relay/me"))  # type: ignore[arg-type]
    assert line is not None
    assert line.startswith("waiting for relay/me: 1 trial to go, nothing ended for 16 s")
