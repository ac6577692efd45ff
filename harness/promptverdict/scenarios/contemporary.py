"""How far apart the two sides of a comparison may have been recorded."""

from __future__ import annotations

from datetime import timedelta
from typing import Self

from pydantic import Field, model_validator

from promptverdict.core.model import Frozen


class Contemporary(Frozen):
    """What a suite asks of the times at which two sides were recorded."""

    within: str = Field(
        default="24h",
        pattern=r"^(none|[1-9][0-9]{0,3}[hd])$",
        description="Longest time between the sides, as hours (24h) or days (3d); none: no limit",
    )
    because: str = Field(
        default="", description="Why time cannot be what differs; needed where there is no limit"
    )

    @model_validator(mode="after")
    def _check_reason(self) -> Self:
        if self.within == "none" and not self.because.strip():
            raise ValueError("without a limit, say under because why time cannot be what differs")
        return self

    @property
    def limit(self) -> timedelta | None:
        """The longest time; None where there is no limit."""
        if self.within == "none":
            return None
        number = int(self.within[:-1])
        return timedelta(days=number) if self.within.endswith("d") else timedelta(hours=number)
