"""Why an answer stopped: what the words of many services come to. Pure.

Services that speak another's API still use words of their own, and models change them. What decides
is what the answer holds: calls are carried out whatever the word is, and text without calls is an
end. A word counts where it says that the answer is not whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from promptverdict.core.errors import ProviderError
from promptverdict.providers.wire import (
    shorten_to_line,
)
from promptverdict.trials.transcript import Block, Call, Say

NOT_TOLD = "the service did not say why the answer stopped; it is taken as whole"
"""Notice of an answer that came to its end without a reason."""

UNNAMED = "unnamed"
"""Name of a model whose service does not say which one answered."""
NOT_NAMED = "the service did not say which model answered: nothing shows whether it changed"
_MAX_NAME = 200
"""Characters of a model's name that are kept."""

_WORDS = {
    "calls": "tool_calls tool_call tool_use function_call function_calls",
    "done": "stop end end_turn stop_sequence eos eos_token done complete completed finished",
    "pause": "pause_turn",
    "length": "length max_tokens max_output_tokens max_completion_tokens token_limit",
    "overflow": "model_context_window_exceeded model_length context_length_exceeded",
    "refusal": "refusal content_filter content_filtered safety recitation blocklist spii"
    " prohibited_content guardrail_intervened sensitive",
    "fault": "error abort aborted cancelled canceled failed interrupted timeout network_error"
    " incomplete malformed_function_call insufficient_system_resource",
}
_STOPS = {word: stop for stop, words in _WORDS.items() for word in words.split()}


def read_model_name(body: Mapping[Any, Any]) -> str:
    """Read which model an answer says it came from; UNNAMED where it does not."""
    name = body.get("model")
    return name[:_MAX_NAME] if isinstance(name, str) and name.strip() else UNNAMED


def list_notices(reason: str | None, model: str) -> tuple[str, ...]:
    """List what an answer did not say, in words."""
    return (*([] if reason else [NOT_TOLD]), *([NOT_NAMED] if model == UNNAMED else []))


def classify_stop(reason: str | None, blocks: Iterable[Block]) -> str:
    """Return why an answer stopped, in our words (see Answered.stop).

    reason: the service's word, None where it said none. Raises ProviderError for an answer that is
    not whole, and for one that neither says anything nor calls a tool under a word that is unknown
    or promises calls.
    """
    known = _STOPS.get(_normalise(reason or ""), "")
    if known == "fault":
        raise ProviderError(f"The service broke its answer off: {shorten_to_line(str(reason), 80)}")
    if known in ("length", "overflow", "refusal", "pause"):
        return known
    given = list(blocks)
    if any(isinstance(block, Call) for block in given):
        return "calls"
    if any(isinstance(block, Say) and block.text.strip() for block in given):
        return known or "done"
    why = shorten_to_line(repr(reason), 80)
    if known == "calls":
        raise ProviderError(f"The API's answer stopped to call a tool ({why}) and holds no call")
    if known:
        return known
    raise ProviderError(f"The API's answer is empty and does not say why it stopped: {why}")


def is_cut(reason: str) -> bool:
    """Return whether a service's word says that an answer was cut short by a limit or a filter."""
    return _STOPS.get(_normalise(reason)) in ("length", "overflow", "refusal")


def _normalise(reason: str) -> str:
    """Return a word in one spelling: MAX_TOKENS, max-tokens and FinishReason.MAX_TOKENS are one."""
    return reason.rpartition(".")[2].strip().lower().replace("-", "_").replace(" ", "_")
