"""Puts one question to a judge, through the SDK of whoever provides it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from threading import Event
from typing import TYPE_CHECKING, Any, Literal

from promptverdict.core.clock import format_now
from promptverdict.core.errors import ProviderError
from promptverdict.providers.connection import Connection
from promptverdict.providers.registry import is_by_hand, load_api
from promptverdict.trials.provenance import Origin
from promptverdict.trials.transcript import Answered, Call, User

if TYPE_CHECKING:
    import httpx2

_AS_TEXT = (
    "No tool is at hand here: write the arguments of `{}` as one JSON object, and nothing else."
)


@dataclass(frozen=True)
class Judge:
    """Who is asked, and the way there."""

    model: str
    """As `provider/name`."""
    relay: str
    """Where the relay answers."""
    network: Callable[[], httpx2.AsyncBaseTransport]
    """Opens the way to the model, a new one for each question."""
    needs_schema: Event = field(default_factory=Event)
    """Set once the model's server was seen not to enforce a call, so that it is not asked twice."""


@dataclass(frozen=True)
class Received:
    """What came of one request."""

    request: str
    """Hash of the request's body."""
    body: bytes
    """Of the answer, as it came."""
    form: Literal["schema"] | None = None
    """How it was asked for (see StoredReply)."""


async def send(judge: Judge, system: str, tool: dict[str, Any], message: str) -> Received:
    """Send a message to be answered by a call of a tool.

    Where a server does not enforce the call, it is asked for a text in the JSON of the call's
    arguments instead, which more servers enforce. Raises ProviderError when no answer comes.
    """
    api = load_api(judge.model)
    forced = api.force_tool(tool["name"])
    if api.force_schema is None or is_by_hand(judge.model):
        return await _put(judge, system, (tool,), forced, message)
    if not judge.needs_schema.is_set():
        try:
            received = await _put(judge, system, (tool,), forced, message)
            if not _lacks_call(judge.model, received.body):
                return received
        except ProviderError as error:
            if "tool" not in error.words:
                raise
        judge.needs_schema.set()
    wanted = f"{message}\n\n{_AS_TEXT.format(tool['name'])}"
    received = await _put(judge, system, (), api.force_schema(tool), wanted)
    return replace(received, form="schema")


async def _put(
    judge: Judge,
    system: str,
    tools: tuple[dict[str, Any], ...],
    parameters: Mapping[str, Any],
    message: str,
) -> Received:
    from promptverdict.judging.listener import Listener

    listener = Listener(judge.network())
    connection = Connection(listener, judge.relay, replay=False)
    try:
        async with connection.open_model(judge.model, system, tools, parameters) as model:
            await model.answer((User(text=message),))
    except ProviderError:
        # An answer that came and is none of the API's is the judge's fault, and is stored as one.
        if listener.answer is None:
            raise
    digest = "sha256:" + hashlib.sha256(listener.request).hexdigest()
    return Received(digest, listener.answer or b"")


def _lacks_call(model: str, body: bytes) -> bool:
    """Return whether an answer is whole and sound and calls nothing."""
    try:
        blocks, answered = load_api(model).read_answer(body)
    except ProviderError:
        return False
    return answered.stop == "done" and not any(isinstance(block, Call) for block in blocks)


def describe_reply(model: str, received: Received, answered: Answered | None) -> dict[str, Any]:
    """Return the fields of a StoredReply. model: who was asked, as `provider/name`."""
    return {
        "answered": answered.model if answered else "",
        "evidence": _classify_evidence(model, answered),
        "operator": answered.operator if answered else None,
        "recorded": format_now(),
        "request": received.request,
        "response": received.body.decode("utf-8", "replace"),
        "form": received.form,
    }


def _classify_evidence(model: str, answered: Answered | None) -> Origin:
    """Return what an answer is evidence of: a provider's model, someone by hand, or a script."""
    if answered and answered.operator:
        return "relay"
    return "simulated" if is_by_hand(model) else "live"
