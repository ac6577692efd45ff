"""The two sides of a comparison as they come: records, and the prompt they were made with."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass

from harness.records import TrialRecord
from harness.report.facts import origin
from harness.verdicts import Side


@dataclass(frozen=True)
class Arm:
    """One side as it comes: its records, and the prompt they were made with."""

    label: str
    variant: str
    records: Sequence[TrialRecord]
    prompt: str = ""
    revision: str | None = None

    @property
    def side(self) -> Side:
        """Tell what the side is and what its evidence is."""
        known = [record.provenance for record in self.records if record.provenance]
        dates = sorted(one.recorded for one in known)
        models = dict.fromkeys(one.model for one in known)
        return Side(
            label=self.label,
            variant=self.variant,
            revision=self.revision,
            model=", ".join(models) or None,
            provenance=tuple(dict.fromkeys(map(origin, known))),
            oldest=dates[0] if dates else None,
            newest=dates[-1] if dates else None,
            trials=len(self.records),
        )


def prompt_diff(baseline: Arm, candidate: Arm) -> str:
    """Write what was changed in the prompt as a unified diff."""
    before, after = baseline.prompt.splitlines(), candidate.prompt.splitlines()
    labels = (baseline.label, candidate.label)
    return "\n".join(difflib.unified_diff(before, after, *labels, lineterm=""))
