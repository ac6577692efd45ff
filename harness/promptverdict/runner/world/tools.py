"""What the offered tools do in a live workspace. An agent's mistake is an answer, not an error.

Files are read and written from outside, through safe access; whatever executes, or could run for
ever, does so in the sandbox. The texts are frozen by toolset.VERSION.
"""

from __future__ import annotations

import importlib.resources
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from pydantic import ValidationError

from promptverdict.core.validation_words import describe_error_at_place
from promptverdict.sandbox import Sandbox, TrialFolders
from promptverdict.sandbox.workspace import Refused, Workspace
from promptverdict.scenarios.scenario import Script
from promptverdict.trials.toolset import (
    ARGUMENTS,
    BashArguments,
    EditArguments,
    GlobArguments,
    GrepArguments,
    MultiEditArguments,
    ReadArguments,
    Replacement,
    TaskArguments,
    TodoWriteArguments,
    WebFetchArguments,
    WebSearchArguments,
    WriteArguments,
    find_nearest,
)
from promptverdict.trials.transcript import Call

WORKSPACE = "/workspace"
LONGEST_LINE = 2000
SEARCH_SECONDS = 20.0

_IN_SHELL = "trap 'pwd -P >| /run/reports/cwd 2> /dev/null' EXIT; eval \"$1\""
"""Runs a command and tells where it ended, so that the next one can start there."""


@dataclass(frozen=True)
class Answer:
    """What a tool answers: text for the model, and whether it failed."""

    text: str
    error: bool = False
    stopped: str | None = None


class LiveTools:
    """The tools of one trial, over its workspace and sandbox. Blocking: call from a thread."""

    def __init__(
        self,
        sandbox: Sandbox,
        folders: TrialFolders,
        workspace: Workspace,
        reports: Workspace,
        script: Script,
        names: tuple[str, ...],
    ) -> None:
        self._sandbox, self._folders = sandbox, folders
        self._workspace, self._reports = workspace, reports
        self._script, self._names = script, names
        self._cwd = WORKSPACE
        self._do: dict[str, Callable[[Any], Answer]] = {
            "Read": self._read,
            "Write": self._write,
            "Edit": self._edit,
            "MultiEdit": self._multi_edit,
            "Glob": self._glob,
            "Grep": self._grep,
            "Bash": self._bash,
            "TodoWrite": self._todo_write,
            "WebFetch": self._web_fetch,
            "WebSearch": self._web_search,
            "Task": self._task,
        }

    def run(self, call: Call) -> Answer:
        """Carry out one call. Raises SandboxError when the machinery breaks."""
        if call.tool not in self._names:
            meant = find_nearest(call.tool)
            hint = f" Did you mean {meant}?" if meant in self._names else ""
            offered = ", ".join(self._names) or "none"
            return Answer(f"There is no tool {call.tool}.{hint} Tools: {offered}", error=True)
        try:
            arguments = ARGUMENTS[call.tool].model_validate(call.args)
        except ValidationError as error:
            return Answer(_complaint(call.tool, error), error=True)
        try:
            return self._do[call.tool](arguments)
        except Refused as refused:
            return Answer(str(refused), error=True)

    def _read(self, asked: ReadArguments) -> Answer:
        lines = self._text(asked.file_path).split("\n")
        if lines[-1] == "":
            lines.pop()
        if not lines:
            return Answer("(the file is empty)")
        first = max(asked.offset, 1) - 1
        part = lines[first : first + asked.limit]
        if not part:
            return Answer(f"The file has only {len(lines)} lines", error=True)
        numbered = [
            f"{number:6d}\t{line[:LONGEST_LINE]}" for number, line in enumerate(part, first + 1)
        ]
        if left := len(lines) - first - len(part):
            numbered.append(f"({left} more lines)")
        return Answer("\n".join(numbered))

    def _write(self, asked: WriteArguments) -> Answer:
        self._workspace.write(asked.file_path, asked.content.encode("utf-8", "replace"))
        return Answer(f"Wrote {asked.file_path}")

    def _edit(self, asked: EditArguments) -> Answer:
        return self._replace(asked.file_path, [asked])

    def _multi_edit(self, asked: MultiEditArguments) -> Answer:
        return self._replace(asked.file_path, asked.edits)

    def _replace(self, path: str, edits: list[Any]) -> Answer:
        text = self._text(path)
        for number, edit in enumerate(edits, start=1):
            if problem := _edit_problem(text, edit):
                which = f"Edit {number}: " if len(edits) > 1 else ""
                return Answer(f"{which}{problem} Nothing was changed.", error=True)
            count = -1 if edit.replace_all else 1
            text = text.replace(edit.old_string, edit.new_string, count)
        self._workspace.write(path, text.encode("utf-8", "replace"))
        return Answer(f"Changed {path}")

    def _glob(self, asked: GlobArguments) -> Answer:
        return self._search({"tool": "Glob", **asked.model_dump()})

    def _grep(self, asked: GrepArguments) -> Answer:
        return self._search({"tool": "Grep", **asked.model_dump()})

    def _search(self, wanted: dict[str, Any]) -> Answer:
        wanted["path"] = str(PurePosixPath(WORKSPACE, wanted["path"] or "."))
        source = (
            importlib.resources.files("promptverdict.guest")
            .joinpath("search.py")
            .read_text("utf-8")
        )
        argv = ["python3", "-I", "-c", source, json.dumps(wanted)]
        done = self._sandbox.run(argv, self._folders, timeout=SEARCH_SECONDS)
        text = done.output.rstrip("\n")
        if done.stopped:
            return Answer(f"The search was stopped: {done.stopped}", True, done.stopped)
        return Answer(text, error=done.exit_code != 0)

    def _bash(self, asked: BashArguments) -> Answer:
        argv = ["bash", "--noprofile", "--norc", "-c", _IN_SHELL, "bash", asked.command]
        seconds = asked.timeout / 1000
        done = self._sandbox.run(argv, self._folders, timeout=seconds, cwd=self._cwd)
        self._cwd = self._where_it_ended()
        parts = [done.output.rstrip("\n")] if done.output.strip("\n") else []
        if done.truncated:
            parts.append("(output cut)")
        if done.stopped == "timeout":
            parts.append(f"(stopped: it took longer than {seconds:g} s)")
        elif done.stopped:
            parts.append(f"(stopped: {done.stopped})")
        elif done.exit_code:
            parts.append(f"(exit code {done.exit_code})")
        failed = bool(done.stopped or done.exit_code)
        return Answer("\n".join(parts) or "(no output)", failed, done.stopped)

    def _where_it_ended(self) -> str:
        """Read where the shell ended; a folder that is gone, closed or outside leads back home."""
        try:
            told = self._reports.read("cwd").decode("utf-8", "replace").rstrip("\n")
        except Refused:
            told = self._cwd
        for home in (WORKSPACE, str(self._folders.workspace)):  # the latter without a sandbox
            if told == home or told.startswith(home + "/"):
                inside = WORKSPACE + told.removeprefix(home)
                return inside if self._workspace.can_be_entered(inside) else WORKSPACE
        return WORKSPACE

    def _todo_write(self, asked: TodoWriteArguments) -> Answer:
        done = sum(todo.status == "completed" for todo in asked.todos)
        return Answer(f"The list is kept: {done} of {len(asked.todos)} done")

    def _web_fetch(self, asked: WebFetchArguments) -> Answer:
        for page in self._script.pages:
            if page.url.rstrip("/") == asked.url.rstrip("/"):
                return Answer(page.text)
        return Answer(f"{asked.url} cannot be reached: there is no network here", error=True)

    def _web_search(self, asked: WebSearchArguments) -> Answer:
        for answer in self._script.searches:
            if answer.contains.lower() in asked.query.lower():
                return Answer(answer.text)
        return Answer("The web cannot be searched: there is no network here", error=True)

    def _task(self, asked: TaskArguments) -> Answer:
        for answer in self._script.tasks:
            if answer.contains.lower() in asked.prompt.lower():
                return Answer(answer.text)
        return Answer("No subagent is available here", error=True)

    def _text(self, path: str) -> str:
        try:
            text = self._workspace.read(path).decode("utf-8")
        except UnicodeDecodeError as error:
            raise Refused(f"{path} is not a text file") from error
        if "\0" in text:
            raise Refused(f"{path} is not a text file")
        return text


def _edit_problem(text: str, edit: Replacement) -> str | None:
    if edit.old_string == edit.new_string:
        return "old_string and new_string are the same."
    found = text.count(edit.old_string) if edit.old_string else 0
    if not edit.old_string:
        return "old_string is empty; use Write for a new file."
    if found == 0:
        return "old_string is not in the file."
    if found > 1 and not edit.replace_all:
        return f"old_string is in the file {found} times; add more of its surroundings."
    return None


def _complaint(tool: str, error: ValidationError) -> str:
    wrong = "; ".join(describe_error_at_place(problem) for problem in error.errors())
    return f"{tool} was called with arguments it does not take: {wrong}"
