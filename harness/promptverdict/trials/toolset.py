"""The tools an agent can be offered, with the parameter names that Claude Code's users know.

The schemas enter every recording's digest: to change a word here makes every recording stale. A new
tool goes to the end: it enters a request only where a scenario offers it. What a tool answers may
change more freely; VERSION says when it did, and two recordings pair up only where it is the same.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Any

VERSION = 1
"""Raise when a tool's answers change in a way that an agent could notice."""


def _describe_text(description: str) -> dict[str, Any]:
    return {"type": "string", "description": description}


def _describe_number(description: str) -> dict[str, Any]:
    return {"type": "integer", "description": description}


def _describe_flag(description: str) -> dict[str, Any]:
    return {"type": "boolean", "description": description}


def _describe_list(items: dict[str, Any], description: str) -> dict[str, Any]:
    return {"type": "array", "items": items, "description": description}


def _describe_object(properties: dict[str, Any], required: list[str]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": False,
    }


def _describe_tool(
    name: str, description: str, properties: dict[str, Any], required: list[str]
) -> dict[str, Any]:
    return {
        "name": name,
        "description": description,
        "input_schema": _describe_object(properties, required),
    }


_LEFT_OUT = (
    " What lies in .git, .venv, node_modules, __pycache__ and .pytest_cache is left out unless path"
    " leads into it."
)
_FILE = _describe_text("Absolute path of the file, below /workspace")
_OLD = _describe_text("The text to replace, exactly as it stands in the file, with its indentation")
_NEW = _describe_text("The text to put in its place; must differ from old_string")
_ALL = _describe_flag("Replace every occurrence instead of a single one (default false)")
_REPLACEMENT = _describe_object(
    {"old_string": _OLD, "new_string": _NEW, "replace_all": _ALL}, ["old_string", "new_string"]
)

TOOLS: tuple[dict[str, Any], ...] = (
    _describe_tool(
        "Read",
        "Read a text file. Returns its lines, each after its number and a tab; numbers start at 1."
        " Up to 2000 lines are returned unless offset and limit say otherwise; lines over 2000"
        " characters are cut.",
        {
            "file_path": _FILE,
            "offset": _describe_number("Number of the first line to return (default 1)"),
            "limit": _describe_number("How many lines to return (default 2000)"),
        },
        ["file_path"],
    ),
    _describe_tool(
        "Write",
        "Write a file, replacing what was there. Missing folders are made. To change part of an"
        " existing file, Edit is the better tool.",
        {"file_path": _FILE, "content": _describe_text("The whole content of the file")},
        ["file_path", "content"],
    ),
    _describe_tool(
        "Edit",
        "Replace an exact piece of text in a file. Fails if old_string is not in the file, or is"
        " there more than once and replace_all is not set. The line numbers that Read prints, and"
        " the tab after each, are not part of the text.",
        {"file_path": _FILE, "old_string": _OLD, "new_string": _NEW, "replace_all": _ALL},
        ["file_path", "old_string", "new_string"],
    ),
    _describe_tool(
        "MultiEdit",
        "Make several replacements in one file, one after the other, each on the result of the one"
        " before. Either all are made or none.",
        {"file_path": _FILE, "edits": _describe_list(_REPLACEMENT, "The replacements, in order")},
        ["file_path", "edits"],
    ),
    _describe_tool(
        "Glob",
        "List the files whose path matches a pattern such as **/*.py, sorted by path." + _LEFT_OUT,
        {
            "pattern": _describe_text(
                "The pattern; ** stands for any number of folders, {a,b} for one of several words;"
                " a pattern without / is looked for in every folder"
            ),
            "path": _describe_text("Folder to look in (default /workspace)"),
        },
        ["pattern"],
    ),
    _describe_tool(
        "Grep",
        "Search the content of text files, line by line, with a regular expression (Python"
        " syntax)." + _LEFT_OUT,
        {
            "pattern": _describe_text("The regular expression"),
            "path": _describe_text("File or folder to search (default /workspace)"),
            "glob": _describe_text("Search only files that match this pattern, such as *.{py,md}"),
            "output_mode": {
                "type": "string",
                "enum": ["content", "files_with_matches", "count"],
                "description": "content: matching lines; files_with_matches: paths (default);"
                " count: matching lines per file",
            },
            "-B": _describe_number("Lines to show before each match (content only)"),
            "-A": _describe_number("Lines to show after each match (content only)"),
            "-C": _describe_number("Lines to show before and after each match (content only)"),
            "-n": _describe_flag("Show line numbers (content only, default true)"),
            "-i": _describe_flag("Ignore case"),
            "head_limit": _describe_number(
                "Return only this many lines or entries, from the first on"
            ),
            "multiline": _describe_flag(
                "Let a match run over several lines, and . match line ends"
            ),
        },
        ["pattern"],
    ),
    _describe_tool(
        "Bash",
        "Run a command with bash in a sandbox without network. The first command starts in"
        " /workspace, each later one in the folder where the one before ended, or in /workspace if"
        " that was outside it. Variables and other shell state are not kept. No input can be"
        " typed. Returns standard output and standard error together, and the exit code if it is"
        " not 0. Output over 30000 characters is cut in the middle. Files below /workspace, /tmp"
        " and the home folder stay; processes do not outlive their command.",
        {
            "command": _describe_text("The command"),
            "timeout": _describe_number(
                "Milliseconds after which it is stopped (default 120000, at most 600000)"
            ),
            "description": _describe_text("What the command does, in five to ten words"),
        },
        ["command"],
    ),
    _describe_tool(
        "TodoWrite",
        "Keep a list of what is to be done. Each call replaces the whole list.",
        {
            "todos": _describe_list(
                _describe_object(
                    {
                        "content": _describe_text("What is to be done"),
                        "status": {
                            "type": "string",
                            "enum": ["pending", "in_progress", "completed"],
                        },
                        "activeForm": _describe_text("The same, worded as being done now"),
                    },
                    ["content", "status"],
                ),
                "The whole list",
            )
        },
        ["todos"],
    ),
    _describe_tool(
        "WebFetch",
        "Fetch a page and return its text.",
        {
            "url": _describe_text("Address of the page"),
            "prompt": _describe_text("What you want to know from it; the text is returned whole"),
        },
        ["url"],
    ),
    _describe_tool(
        "WebSearch",
        "Search the web and return titles, addresses and excerpts.",
        {
            "query": _describe_text("What to search for"),
            "allowed_domains": _describe_list(
                {"type": "string"}, "Return only results from these domains"
            ),
            "blocked_domains": _describe_list(
                {"type": "string"}, "Leave out results from these domains"
            ),
        },
        ["query"],
    ),
    _describe_tool(
        "Task",
        "Hand a piece of work to a subagent and return its report.",
        {
            "description": _describe_text("The work in three to five words"),
            "prompt": _describe_text("All the subagent needs to know"),
            "subagent_type": _describe_text("Which kind of subagent"),
        },
        ["description", "prompt"],
    ),
    _describe_tool(
        "LS",
        "List the files and folders in a folder, sorted by name; folders end in /." + _LEFT_OUT,
        {
            "path": _describe_text("Absolute path of the folder, below /workspace"),
            "ignore": _describe_list(
                {"type": "string"}, "Patterns of names to leave out, such as *.pyc"
            ),
        },
        ["path"],
    ),
    _describe_tool(
        "AskUserQuestion",
        "Ask the user one or more questions, each with a few answers to choose from. The user may"
        " also answer in other words, or not at all.",
        {
            "questions": _describe_list(
                _describe_object(
                    {
                        "question": _describe_text("The question, whole, with its question mark"),
                        "header": _describe_text("The question in one or two words"),
                        "options": _describe_list(
                            _describe_object(
                                {
                                    "label": _describe_text("The answer in a few words"),
                                    "description": _describe_text("What choosing it leads to"),
                                },
                                ["label", "description"],
                            ),
                            "The answers to choose from",
                        ),
                        "multiSelect": _describe_flag(
                            "Let several answers be chosen (default false)"
                        ),
                    },
                    ["question", "header", "options"],
                ),
                "The questions, in order",
            )
        },
        ["questions"],
    ),
)

NAMES: tuple[str, ...] = tuple(tool["name"] for tool in TOOLS)
_CANONICAL = {name.lower(): name for name in NAMES} | {"agent": "Task"}
"""Spelling in lower case -> our name; Claude Code calls Task `Agent` since 2.1.63."""


def find_canonical(name: str) -> str | None:
    """Return our name of a tool that an agent file spells otherwise; None for no tool of ours."""
    return _CANONICAL.get(name.strip().lower())


def find_nearest(name: str) -> str | None:
    """Return the known tool that a misspelt name most likely means."""
    close = difflib.get_close_matches(name.lower(), _CANONICAL, n=1)
    return _CANONICAL[close[0]] if close else None


def list_offered(
    allowed: Iterable[str], listed: Iterable[str] | None
) -> tuple[dict[str, Any], ...]:
    """Return the tools of a trial, in our order: what the scenario allows and the agent lists.

    An agent that lists none takes whatever the scenario allows.
    """
    names = set(allowed) if listed is None else set(allowed) & set(listed)
    return tuple(tool for tool in TOOLS if tool["name"] in names)
