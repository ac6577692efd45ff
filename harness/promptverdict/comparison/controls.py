"""What control trials say: some of the baseline's trials made again, beside its old recordings."""

from __future__ import annotations

from collections.abc import Iterator

from promptverdict.core.model import Frozen
from promptverdict.core.numbers import format_points
from promptverdict.core.text import format_count


class ControlRate(Frozen):
    """How often the baseline showed one behaviour when it was recorded, and how often again."""

    suite: str
    behaviour: str
    passed_before: int
    graded_before: int
    passed_now: int
    graded_now: int
    p_holm: float
    """Of no change, by Fisher's exact test, adjusted for the other behaviours."""
    drifted: bool
    fall: float | None
    """The smallest fall that would usually have been noticed, in 0..1; None where none would."""
    rise: float | None
    """The smallest rise, likewise."""

    @property
    def noticeable(self) -> str:
        """What would usually have been noticed, in words."""
        changes = [
            f"a {name} of {format_points(size).lstrip('+')} points"
            for name, size in (("fall", self.fall), ("rise", self.rise))
            if size is not None
        ]
        return " or ".join(changes)


class Controls(Frozen):
    """Control trials of a baseline. They are evidence of neither side."""

    trials: int
    """That were recorded."""
    of: int
    """Trials of the baseline that they are compared with."""
    oldest: str
    """When the first of them was recorded, in UTC: 2026-01-31T12:00:00Z."""
    newest: str
    answered_before: tuple[str, ...]
    """What the answers of the older trials said they came from, each once."""
    answered_now: tuple[str, ...]
    rates: tuple[ControlRate, ...]

    @property
    def has_other_model(self) -> bool:
        """Whether another model answered them."""
        both = self.answered_before and self.answered_now
        return bool(both) and set(self.answered_before) != set(self.answered_now)

    @property
    def drifted(self) -> tuple[ControlRate, ...]:
        """The behaviours that the baseline shows more often or less often now."""
        return tuple(rate for rate in self.rates if rate.drifted)

    @property
    def has_drifted(self) -> bool:
        """Whether the baseline is not what it was."""
        return bool(self.has_other_model or self.drifted)


def describe_drift(controls: Controls) -> str:
    """Write what shows that the baseline is not what it was; empty where nothing does."""
    return "; ".join(_list_drift(controls))


def _list_drift(controls: Controls) -> Iterator[str]:
    if controls.has_other_model:
        before, now = map(", ".join, (controls.answered_before, controls.answered_now))
        yield f"{before} answered it, and {now} answers it now"
    for rate in controls.drifted:
        yield (
            f"{rate.behaviour} in {rate.passed_before} of {rate.graded_before} trials before,"
            f" in {rate.passed_now} of {rate.graded_now} now"
        )


def describe_controls(controls: Controls) -> str:
    """Write what the control trials are, and what they show or would have shown."""
    day, last = controls.oldest[:10], controls.newest[:10]
    when = day if day == last else f"{day} to {last}"
    trials = format_count(controls.trials, "control trial")
    if controls.has_drifted:
        return f"{trials} of {when}: the baseline is not what it was"
    sizes: dict[str, list[str]] = {}
    for rate in controls.rates:
        sizes.setdefault(rate.noticeable, []).append(rate.behaviour)
    limits = [
        f"{', '.join(names)}: {size or 'no change'} would usually have been noticed"
        for size, names in sizes.items()
    ]
    return f"{trials} of {when}: no drift of the baseline is shown; {'; '.join(limits)}"
