"""The tool loop: a conversation between a model and a workspace, until one of them ends it."""

from __future__ import annotations

from promptverdict.core.errors import ContextOverflow, ProviderError
from promptverdict.trials.evidence import Task
from promptverdict.trials.protocols import Model, Tools, UserTurns
from promptverdict.trials.transcript import Block, Call, End, Result, Transcript, User

MAX_PAUSES = 10
"""How often in a row a model that pauses is asked to go on."""


async def run_loop(
    task: Task, model: Model, tools: Tools, user: UserTurns, transcript: Transcript
) -> None:
    """Let the model work on the task; everything that happens is in the transcript.

    The calls of one answer are carried out in their order, one at a time; one that cannot be read
    is answered with the reason, here and in a replay alike. Every ending but a fault adds an End.
    Raises ProviderError for calls with one id, and whatever the model and the tools raise.
    """
    calls_left, pauses = task.limits.calls, 0
    transcript.add(User(text=task.message))
    for _ in range(task.limits.turns):
        try:
            blocks, answered = await model.answer(transcript.events)
        except ContextOverflow:
            transcript.add(End(reason="overflow"))
            return
        transcript.add(*blocks, answered)
        if answered.stop not in ("calls", "done", "pause"):
            transcript.add(End(reason=answered.stop, detail=answered.stop_reason))
            return
        calls = _list_calls(blocks)
        # A pause is the API's own: the conversation is sent back as it stands, and the user waits.
        pauses = pauses + 1 if answered.stop == "pause" else 0
        if pauses > MAX_PAUSES:
            transcript.add(End(reason="limit", detail="pauses"))
            return
        if not calls and not pauses:
            reply = await user.reply(transcript.events)
            transcript.add(*reply)
            # A played user who has finished leaves the tokens that this took, and no words.
            if not any(isinstance(event, User) for event in reply):
                transcript.add(End(reason="done"))
                return
        for call in calls:
            # Unreadable calls count too, or an agent that makes only such calls would never end.
            if calls_left == 0:
                transcript.add(End(reason="limit", detail="calls"))
                return
            calls_left -= 1
            if call.unreadable is None:
                transcript.add(await tools.run(call))
            else:
                transcript.add(Result(call=call.id, text=call.unreadable, error=True))
    transcript.add(End(reason="limit", detail="turns"))


def _list_calls(blocks: tuple[Block, ...]) -> list[Call]:
    """List the calls of an answer. Raises ProviderError for two with one id.

    No API takes two results for one id, and a recording finds results by it.
    """
    calls = [block for block in blocks if isinstance(block, Call)]
    ids = [call.id for call in calls]
    if twins := [name for name in ids if ids.count(name) > 1]:
        raise ProviderError(f"The API's answer has two calls with one id, {twins[0]!r}")
    return calls
