"""The two sides of a comparison as they come: trials, and the prompt they were made with."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass

from promptverdict.comparison.controls import Controls
from promptverdict.comparison.samples import Sample
from promptverdict.comparison.verdicts import Side
from promptverdict.trials.provenance import describe_isolation, describe_origin
from promptverdict.trials.transcript import CUT_OFF


@dataclass(frozen=True)
class SideTrials:
    """One side as it comes: its trials, and the prompt they were made with."""

    label: str
    variant: str
    samples: Sequence[Sample]
    prompt: str = ""
    revision: str | None = None
    run: str | None = None
    controls: Controls | None = None
    """What its control trials show; they are none of its samples."""

    @property
    def side(self) -> Side:
        """Build what the side is and what its evidence is."""
        there = [
            (sample.provenance, sample.compatible) for sample in self.samples if sample.provenance
        ]
        known = [provenance for provenance, _ in there]
        origins = (
            f"{describe_origin(provenance)}{describe_isolation(compatible)}"
            for provenance, compatible in there
        )
        dates = sorted(provenance.recorded for provenance in known)
        models = dict.fromkeys(provenance.model for provenance in known)
        return Side(
            label=self.label,
            variant=self.variant,
            revision=self.revision,
            run=self.run,
            model=", ".join(models) or None,
            provenance=tuple(dict.fromkeys(origins)),
            answered=tuple(
                dict.fromkeys(filter(None, (provenance.answered for provenance in known)))
            ),
            cut=sum(sample.end in CUT_OFF for sample in self.samples),
            oldest=dates[0] if dates else None,
            newest=dates[-1] if dates else None,
            trials=len(self.samples),
        )


def diff_prompts(baseline: SideTrials, candidate: SideTrials) -> str:
    """Write what was changed in the prompt as a unified diff."""
    before, after = baseline.prompt.splitlines(), candidate.prompt.splitlines()
    labels = (baseline.label, candidate.label)
    return "\n".join(difflib.unified_diff(before, after, *labels, lineterm=""))
