"""What the offered tools do. An agent's mistake is an answer, not an error.

Its texts are frozen by toolset.VERSION.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pydantic import ValidationError

from promptverdict.core.validation_words import describe_error_at_place
from promptverdict.runner.world.scripted import ScriptedWorld, ToolAnswer
from promptverdict.runner.world.workspace_tools import WorkspaceTools
from promptverdict.sandbox.workspace import Refused
from promptverdict.scenarios.mcp import Mcp
from promptverdict.scenarios.scenario import Script
from promptverdict.trials.tool_arguments import ARGUMENTS, TodoWriteArguments
from promptverdict.trials.toolset import find_nearest
from promptverdict.trials.transcript import Call


class LiveTools:
    """The tools of one trial. Blocking where a call needs the workspace: call from a thread.

    open_workspace: returns what carries out calls in the workspace; called when one needs it.
    """

    def __init__(
        self,
        open_workspace: Callable[[], WorkspaceTools],
        script: Script,
        names: tuple[str, ...],
        mcp: Mcp | None = None,
    ) -> None:
        self._open_workspace = open_workspace
        self._names, self._outside = names, ScriptedWorld(script, mcp or {})
        self._answer: dict[str, Callable[[Any], ToolAnswer]] = {
            "TodoWrite": _write_todos,
            "WebFetch": self._outside.fetch_page,
            "WebSearch": self._outside.search_web,
            "Task": self._outside.ask_subagent,
            "AskUserQuestion": self._outside.ask_user,
        }

    def needs_workspace(self, call: Call) -> bool:
        """Return whether a call is carried out in the workspace, or answered without it."""
        is_known = call.tool in self._names and call.tool in ARGUMENTS
        return is_known and call.tool not in self._answer

    def run(self, call: Call) -> ToolAnswer:
        """Carry out one call. Raises SandboxError when the machinery breaks."""
        if call.tool not in self._names:
            meant = find_nearest(call.tool)
            hint = f" Did you mean {meant}?" if meant in self._names else ""
            offered = ", ".join(self._names) or "none"
            return ToolAnswer(f"There is no tool {call.tool}.{hint} Tools: {offered}", error=True)
        if call.tool not in ARGUMENTS:
            return self._outside.ask_server(call)
        try:
            arguments = ARGUMENTS[call.tool].model_validate(call.args)
        except ValidationError as error:
            return ToolAnswer(_describe_problems(call.tool, error), error=True)
        if answer := self._answer.get(call.tool):
            return answer(arguments)
        try:
            return self._open_workspace().run(call.tool, arguments)
        except Refused as refused:
            return ToolAnswer(str(refused), error=True)


def _write_todos(asked: TodoWriteArguments) -> ToolAnswer:
    done = sum(todo.status == "completed" for todo in asked.todos)
    return ToolAnswer(f"The list is kept: {done} of {len(asked.todos)} done")


def _describe_problems(tool: str, error: ValidationError) -> str:
    wrong = "; ".join(describe_error_at_place(problem) for problem in error.errors())
    return f"{tool} was called with arguments it does not take: {wrong}"
