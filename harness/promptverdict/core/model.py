"""The base of all data that is written by people or stored: immutable, strict about keys."""

from pydantic import BaseModel, ConfigDict


class Frozen(BaseModel):
    """A value that cannot change after it was made and refuses keys it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)
