"""What the offered tools do in a live workspace. An agent's mistake is an answer, not an error.

Files are read and written from outside, through safe access; whatever executes, or could run for
ever, does so in the sandbox. The texts are frozen by toolset.VERSION.
"""

from __future__ import annotations

import importlib.resources
import json
from collections.abc import Callable
from pathlib import PurePosixPath
from typing import Any

from pydantic import ValidationError

from promptverdict.core.validation_words import describe_error_at_place
from promptverdict.runner.world.scripted import ScriptedWorld, ToolAnswer
from promptverdict.sandbox import Sandbox, TrialFolders
from promptverdict.sandbox.workspace import FILE_LIMIT, Refused, Workspace
from promptverdict.scenarios.mcp import Mcp
from promptverdict.scenarios.scenario import Script
from promptverdict.trials.tool_arguments import (
    ARGUMENTS,
    BashArguments,
    EditArguments,
    GlobArguments,
    GrepArguments,
    ListArguments,
    MultiEditArguments,
    ReadArguments,
    Replacement,
    TodoWriteArguments,
    WriteArguments,
)
from promptverdict.trials.toolset import find_nearest
from promptverdict.trials.transcript import Call

WORKSPACE = "/workspace"
LONGEST_LINE = 2000
SEARCH_SECONDS = 20.0

_IN_SHELL = "trap 'pwd -P >| /run/reports/cwd 2> /dev/null' EXIT; eval \"$1\""
"""Runs a command and tells where it ended, so that the next one can start there."""


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
        mcp: Mcp | None = None,
    ) -> None:
        self._sandbox, self._folders = sandbox, folders
        self._workspace, self._reports = workspace, reports
        self._names, self._outside = names, ScriptedWorld(script, mcp or {})
        self._cwd = WORKSPACE
        self._do: dict[str, Callable[[Any], ToolAnswer]] = {
            "Read": self._read_lines,
            "Write": self._write_file,
            "Edit": self._edit,
            "MultiEdit": self._edit_repeatedly,
            "Glob": self._run_glob,
            "Grep": self._run_grep,
            "Bash": self._run_bash,
            "TodoWrite": self._write_todos,
            "WebFetch": self._outside.fetch_page,
            "WebSearch": self._outside.search_web,
            "Task": self._outside.ask_subagent,
            "LS": self._list_folder,
            "AskUserQuestion": self._outside.ask_user,
        }

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
        try:
            return self._do[call.tool](arguments)
        except Refused as refused:
            return ToolAnswer(str(refused), error=True)

    def _read_lines(self, asked: ReadArguments) -> ToolAnswer:
        lines = self._read_text(asked.file_path).split("\n")
        if lines[-1] == "":
            lines.pop()
        if not lines:
            return ToolAnswer("(the file is empty)")
        first = max(asked.offset, 1) - 1
        part = lines[first : first + asked.limit]
        if not part:
            return ToolAnswer(f"The file has only {len(lines)} lines", error=True)
        numbered = [
            f"{number:6d}\t{line[:LONGEST_LINE]}" for number, line in enumerate(part, first + 1)
        ]
        if left := len(lines) - first - len(part):
            numbered.append(f"({left} more lines)")
        return ToolAnswer("\n".join(numbered))

    def _write_file(self, asked: WriteArguments) -> ToolAnswer:
        self._workspace.write(asked.file_path, asked.content.encode("utf-8", "replace"))
        return ToolAnswer(f"Wrote {asked.file_path}")

    def _edit(self, asked: EditArguments) -> ToolAnswer:
        return self._replace(asked.file_path, [asked])

    def _edit_repeatedly(self, asked: MultiEditArguments) -> ToolAnswer:
        return self._replace(asked.file_path, asked.edits)

    def _replace(self, path: str, edits: list[Any]) -> ToolAnswer:
        text = self._read_text(path)
        for number, edit in enumerate(edits, start=1):
            if problem := _find_edit_problem(text, edit):
                which = f"Edit {number}: " if len(edits) > 1 else ""
                return ToolAnswer(f"{which}{problem} Nothing was changed.", error=True)
            count = -1 if edit.replace_all else 1
            text = text.replace(edit.old_string, edit.new_string, count)
        self._workspace.write(path, text.encode("utf-8", "replace"))
        return ToolAnswer(f"Changed {path}")

    def _run_glob(self, asked: GlobArguments) -> ToolAnswer:
        return self._search({"tool": "Glob", **asked.model_dump()})

    def _run_grep(self, asked: GrepArguments) -> ToolAnswer:
        return self._search({"tool": "Grep", **asked.model_dump()})

    def _list_folder(self, asked: ListArguments) -> ToolAnswer:
        return self._search({"tool": "LS", **asked.model_dump()})

    def _search(self, wanted: dict[str, Any]) -> ToolAnswer:
        wanted["path"] = str(PurePosixPath(WORKSPACE, wanted["path"] or "."))
        source = (
            importlib.resources.files("promptverdict.guest")
            .joinpath("search.py")
            .read_text("utf-8")
        )
        # Isolated (-I): a re.py or json.py of the agent's would otherwise run in place of Python's.
        argv = ["python3", "-I", "-c", source, json.dumps(wanted)]
        done = self._sandbox.run(argv, self._folders, timeout=SEARCH_SECONDS)
        text = done.output.rstrip("\n")
        if done.stopped:
            return ToolAnswer(f"The search was stopped: {done.stopped}", True, done.stopped)
        return ToolAnswer(text, error=done.exit_code != 0)

    def _run_bash(self, asked: BashArguments) -> ToolAnswer:
        argv = ["bash", "--noprofile", "--norc", "-c", _IN_SHELL, "bash", asked.command]
        seconds = asked.timeout / 1000
        done = self._sandbox.run(argv, self._folders, timeout=seconds, cwd=self._cwd)
        self._cwd = self._find_end_folder()
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
        text = "\n".join(parts) or "(no output)"
        return ToolAnswer(text, failed, done.stopped, done.reports)

    def _find_end_folder(self) -> str:
        """Read where the shell ended; a folder that is gone, closed or outside leads back home."""
        try:
            ended = self._reports.read("cwd").decode("utf-8", "replace").rstrip("\n")
        except Refused:
            ended = self._cwd
        for home in (WORKSPACE, str(self._folders.workspace)):  # the latter without a sandbox
            if ended == home or ended.startswith(home + "/"):
                inside = WORKSPACE + ended.removeprefix(home)
                return inside if self._workspace.can_be_entered(inside) else WORKSPACE
        return WORKSPACE

    def _write_todos(self, asked: TodoWriteArguments) -> ToolAnswer:
        done = sum(todo.status == "completed" for todo in asked.todos)
        return ToolAnswer(f"The list is kept: {done} of {len(asked.todos)} done")

    def _read_text(self, path: str) -> str:
        try:
            text = self._workspace.read(path).decode("utf-8")
        except UnicodeDecodeError as error:
            raise Refused(f"{path} is not a text file") from error
        if "\0" in text:
            raise Refused(f"{path} is not a text file")
        return text


def _find_edit_problem(text: str, edit: Replacement) -> str | None:
    if edit.old_string == edit.new_string:
        return "old_string and new_string are the same."
    count = text.count(edit.old_string) if edit.old_string else 0
    if not edit.old_string:
        return "old_string is empty; use Write for a new file."
    if count == 0:
        return "old_string is not in the file."
    if count > 1 and not edit.replace_all:
        return f"old_string is in the file {count} times; add more of its surroundings."
    # Asked before the text is built: forty edits that each double a word would fill the memory of
    # the host. No text has fewer bytes than characters.
    size = len(text) + count * (len(edit.new_string) - len(edit.old_string))
    if size > FILE_LIMIT:
        return f"the file would have {size} characters, and {FILE_LIMIT} bytes is the limit."
    return None


def _describe_problems(tool: str, error: ValidationError) -> str:
    wrong = "; ".join(describe_error_at_place(problem) for problem in error.errors())
    return f"{tool} was called with arguments it does not take: {wrong}"
