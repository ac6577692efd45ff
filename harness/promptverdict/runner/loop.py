"""The tool loop: a conversation between a model and a workspace, until one of them ends it."""

from __future__ import annotations

from promptverdict.core.errors import ContextOverflow, ProviderError, TimeLimitReached
from promptverdict.providers.calls import AS_TEXT, NO_TEXT, has_call_as_text
from promptverdict.trials.evidence import Task
from promptverdict.trials.protocols import Model, Tools, UserTurns
from promptverdict.trials.transcript import (
    Answered,
    Block,
    Call,
    End,
    Opaque,
    Result,
    Say,
    Transcript,
    User,
    count_output,
)

MAX_PAUSES = 10
"""How often in a row a model that pauses is asked to go on."""


async def run_loop(
    task: Task, model: Model, tools: Tools, user: UserTurns, transcript: Transcript
) -> None:
    """Let the model work on the task; everything that happens is in the transcript.

    The calls of one answer are carried out in their order, one at a time; one that cannot be read
    is answered with the reason, here and in a replay alike. Every ending but a fault adds an End.
    Raises ProviderError for a first request that the model has no room or no time for, and
    whatever the model and the tools raise.
    """
    transcript.add(User(text=task.message))
    try:
        transcript.add(await _converse(task, model, tools, user, transcript))
    except ContextOverflow as error:
        if not _is_answered(transcript):
            # Nothing has grown yet: what is asked for does not fit, whoever the agent is.
            raise ProviderError(
                f"the first request is refused as too long for the model: {error.words or error}\n"
                "  ask for fewer output tokens ([tool.promptverdict.parameters]), or take a model"
                " with a longer context"
            ) from error
        transcript.add(End(reason="overflow", words=error.words))
    except TimeLimitReached as error:
        if not _is_answered(transcript):
            raise ProviderError(
                f"no answer came in time: {error}\n"
                "  give the scenario more (limits: seconds), or see why the model is slow"
            ) from error
        transcript.add(End(reason="limit", detail="seconds"))


async def _converse(
    task: Task, model: Model, tools: Tools, user: UserTurns, transcript: Transcript
) -> End:
    limits = task.limits
    calls_left, pauses = limits.calls, 0
    for _ in range(limits.turns):
        if limits.output_tokens and count_output(transcript.events) >= limits.output_tokens:
            return End(reason="limit", detail="output_tokens")
        blocks, answered = await model.answer(transcript.events)
        transcript.add(*blocks, _note_lost_words(blocks, answered, task))
        if answered.stop not in ("calls", "done", "pause"):
            return _end_early(answered, task, transcript)
        calls = [block for block in blocks if isinstance(block, Call)]
        # A pause is the API's own: the conversation is sent back as it stands, and the user waits.
        pauses = pauses + 1 if answered.stop == "pause" else 0
        if pauses > MAX_PAUSES:
            return End(reason="limit", detail="pauses")
        if not calls and not pauses:
            reply = await user.reply(transcript.events)
            transcript.add(*reply)
            # A played user who has finished leaves the tokens that this took, and no words.
            if not any(isinstance(event, User) for event in reply):
                return End(reason="done")
        for call in calls:
            # Unreadable calls count too, or an agent that makes only such calls would never end.
            if calls_left == 0:
                return End(reason="limit", detail="calls")
            calls_left -= 1
            if call.unreadable is None:
                transcript.add(await tools.run(call))
            else:
                transcript.add(Result(call=call.id, text=call.unreadable, error=True))
    return End(reason="limit", detail="turns")


def _end_early(answered: Answered, task: Task, transcript: Transcript) -> End:
    """Return the end of an answer that was cut: by the scenario's own limit, or by another."""
    limit, used = task.limits.output_tokens, count_output(transcript.events)
    if answered.stop == "length" and limit and (used >= limit or answered.usage.output is None):
        return End(reason="limit", detail="output_tokens")
    return End(reason=answered.stop, detail=answered.stop_reason)


def _note_lost_words(blocks: tuple[Block, ...], answered: Answered, task: Task) -> Answered:
    """Note a call that the server left in the text, and words that it took for reasoning.

    Nothing else would say why nothing was done or said.
    """
    if any(isinstance(block, Call) for block in blocks):
        return answered
    text = "\n".join(block.text for block in blocks if isinstance(block, Say))
    if has_call_as_text(text, task.tools):
        notice = AS_TEXT
    elif answered.stop == "done" and not text.strip() and any(map(_is_opaque, blocks)):
        notice = NO_TEXT
    else:
        return answered
    return answered.model_copy(update={"notices": (*answered.notices, notice)})


def _is_opaque(block: Block) -> bool:
    return isinstance(block, Opaque)


def _is_answered(transcript: Transcript) -> bool:
    return any(isinstance(event, Answered) for event in transcript.events)
