"""The tool loop: a conversation between a model and a workspace, until one of them ends it."""

from __future__ import annotations

from harness.evidence import Task
from harness.model import Model, Tools
from harness.transcript import Call, End, Transcript, User


async def run_loop(task: Task, model: Model, tools: Tools, transcript: Transcript) -> None:
    """Let the model work on the task; everything that happens is in the transcript.

    The calls of one answer are carried out in their order, one at a time. Every ending but a fault
    adds an End. Raises whatever the model and the tools raise.
    """
    later = list(task.turns)
    calls_left = task.limits.calls
    transcript.add(User(text=task.message))
    for _ in range(task.limits.turns):
        blocks, answered = await model.answer(transcript.events)
        transcript.add(*blocks, answered)
        if answered.stop not in ("calls", "done"):
            transcript.add(End(reason=answered.stop, detail=answered.stop_reason))
            return
        calls = [block for block in blocks if isinstance(block, Call)]
        if not calls and not later:
            transcript.add(End(reason="done"))
            return
        if not calls:
            transcript.add(User(text=later.pop(0)))
        for call in calls:
            if calls_left == 0:
                transcript.add(End(reason="limit", detail="calls"))
                return
            calls_left -= 1
            transcript.add(await tools.run(call))
    transcript.add(End(reason="limit", detail="turns"))
