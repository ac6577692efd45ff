"""What the tools do that need a workspace: they read and write its files, search and execute.

Files are read and written from outside, through safe access; whatever executes, or could run for
ever, does so in the sandbox. The texts are frozen by toolset.VERSION.
"""

from __future__ import annotations

import importlib.resources
import json
from collections.abc import Callable
from pathlib import PurePosixPath
from typing import Any

from promptverdict.runner.world.scripted import ToolAnswer
from promptverdict.sandbox import Sandbox, TrialFolders
from promptverdict.sandbox.workspace import FILE_LIMIT, Refused, Workspace
from promptverdict.trials.tool_arguments import (
    BashArguments,
    EditArguments,
    GlobArguments,
    GrepArguments,
    ListArguments,
    MultiEditArguments,
    ReadArguments,
    Replacement,
    WriteArguments,
)

WORKSPACE = "/workspace"
LONGEST_LINE = 2000
SEARCH_SECONDS = 20.0

_IN_SHELL = "trap 'pwd -P >| /run/reports/cwd 2> /dev/null' EXIT; eval \"$1\""
"""Runs a command and tells where it ended, so that the next one can start there."""


class WorkspaceTools:
    """The tools of one trial over its folders. Blocking: call from a thread."""

    def __init__(self, sandbox: Sandbox, folders: TrialFolders) -> None:
        self.folders, self.workspace = folders, Workspace(folders.workspace, folders.owner)
        self._sandbox, self._reports = sandbox, Workspace(folders.reports, folders.owner)
        self._cwd = WORKSPACE
        self._do: dict[str, Callable[[Any], ToolAnswer]] = {
            "Read": self._read_lines,
            "Write": self._write_file,
            "Edit": self._edit,
            "MultiEdit": self._edit_repeatedly,
            "Glob": self._run_glob,
            "Grep": self._run_grep,
            "Bash": self._run_bash,
            "LS": self._list_folder,
        }

    def run(self, tool: str, arguments: Any) -> ToolAnswer:
        """Carry out a call of a tool, with its arguments read.

        Raises Refused for what the agent may not, SandboxError when the machinery breaks.
        """
        return self._do[tool](arguments)

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
        self.workspace.write(asked.file_path, asked.content.encode("utf-8", "replace"))
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
        self.workspace.write(path, text.encode("utf-8", "replace"))
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
        done = self._sandbox.run(argv, self.folders, timeout=SEARCH_SECONDS)
        text = done.output.rstrip("\n")
        if done.stopped:
            return ToolAnswer(f"The search was stopped: {done.stopped}", True, done.stopped)
        return ToolAnswer(text, error=done.exit_code != 0)

    def _run_bash(self, asked: BashArguments) -> ToolAnswer:
        argv = ["bash", "--noprofile", "--norc", "-c", _IN_SHELL, "bash", asked.command]
        seconds = asked.timeout / 1000
        done = self._sandbox.run(argv, self.folders, timeout=seconds, cwd=self._cwd)
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
        for home in (WORKSPACE, str(self.folders.workspace)):  # the latter without a sandbox
            if ended == home or ended.startswith(home + "/"):
                inside = WORKSPACE + ended.removeprefix(home)
                return inside if self.workspace.can_be_entered(inside) else WORKSPACE
        return WORKSPACE

    def _read_text(self, path: str) -> str:
        try:
            text = self.workspace.read(path).decode("utf-8")
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
