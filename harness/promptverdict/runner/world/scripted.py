"""What the world outside the workspace answers, as a scenario's script says; the rest is absent."""

from __future__ import annotations

from dataclasses import dataclass

from promptverdict.sandbox import Reported
from promptverdict.scenarios.mcp import Mcp, find_reply
from promptverdict.scenarios.scenario import Script
from promptverdict.trials.tool_arguments import (
    AskUserQuestionArguments,
    TaskArguments,
    WebFetchArguments,
    WebSearchArguments,
)
from promptverdict.trials.transcript import Call


@dataclass(frozen=True)
class ToolAnswer:
    """What a tool answers: text for the model, and whether it failed."""

    text: str
    error: bool = False
    stopped: str | None = None
    reports: tuple[Reported, ...] = ()
    """Of the test runs in it."""


class ScriptedWorld:
    """The pages, searches, subagents, users and MCP servers of one scenario."""

    def __init__(self, script: Script, mcp: Mcp) -> None:
        self._script, self._mcp = script, mcp

    def fetch_page(self, asked: WebFetchArguments) -> ToolAnswer:
        """Return a page's text."""
        for page in self._script.pages:
            if page.url.rstrip("/") == asked.url.rstrip("/"):
                return ToolAnswer(page.text)
        return ToolAnswer(f"{asked.url} cannot be reached: there is no network here", error=True)

    def search_web(self, asked: WebSearchArguments) -> ToolAnswer:
        """Return what a search finds."""
        for answer in self._script.searches:
            if answer.contains.lower() in asked.query.lower():
                return ToolAnswer(answer.text)
        return ToolAnswer("The web cannot be searched: there is no network here", error=True)

    def ask_subagent(self, asked: TaskArguments) -> ToolAnswer:
        """Return a subagent's report."""
        for answer in self._script.tasks:
            if answer.contains.lower() in asked.prompt.lower():
                return ToolAnswer(answer.text)
        return ToolAnswer("No subagent is available here", error=True)

    def ask_user(self, asked: AskUserQuestionArguments) -> ToolAnswer:
        """Return the user's answers; a question without one is shown as not answered."""
        answers = [self._find_answer(question.question) for question in asked.questions]
        if all(answer is None for answer in answers):
            return ToolAnswer("Nobody answered: no user is here", error=True)
        pairs = zip(asked.questions, answers, strict=True)
        lines = [f"{question.question}\n{answer or '(not answered)'}" for question, answer in pairs]
        return ToolAnswer("\n\n".join(lines))

    def ask_server(self, call: Call) -> ToolAnswer:
        """Return what an MCP server's tool answers."""
        reply = find_reply(self._mcp, call.tool, call.args)
        if reply is None:
            return ToolAnswer(f"{call.tool} has no answer to these arguments here", error=True)
        return ToolAnswer(reply.text, error=reply.error)

    def _find_answer(self, question: str) -> str | None:
        answers = self._script.questions
        fitting = (a.text for a in answers if a.contains.lower() in question.lower())
        return next(fitting, None)
