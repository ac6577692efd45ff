"""What each tool takes, as models: a call's arguments are checked against them."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class Arguments(BaseModel):
    """Arguments of one tool; unknown ones are refused with a message to the agent."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class ReadArguments(Arguments):
    """Arguments of Read; offset counts lines from 1, and 0 is taken for 1."""

    file_path: str
    offset: int = Field(default=1, ge=0)
    limit: int = Field(default=2000, ge=1)


class WriteArguments(Arguments):
    """Arguments of Write."""

    file_path: str
    content: str


class Replacement(Arguments):
    """One exact replacement in a file."""

    old_string: str
    new_string: str
    replace_all: bool = False


class EditArguments(Replacement):
    """Arguments of Edit."""

    file_path: str


class MultiEditArguments(Arguments):
    """Arguments of MultiEdit."""

    file_path: str
    edits: list[Replacement] = Field(min_length=1)


class GlobArguments(Arguments):
    """Arguments of Glob."""

    pattern: str
    path: str | None = None


class GrepArguments(Arguments):
    """Arguments of Grep."""

    pattern: str
    path: str | None = None
    glob: str | None = None
    output_mode: Literal["content", "files_with_matches", "count"] = "files_with_matches"
    before: int = Field(default=0, ge=0, alias="-B")
    after: int = Field(default=0, ge=0, alias="-A")
    around: int = Field(default=0, ge=0, alias="-C")
    numbers: bool = Field(default=True, alias="-n")
    ignore_case: bool = Field(default=False, alias="-i")
    head_limit: int | None = Field(default=None, ge=1)
    multiline: bool = False


class BashArguments(Arguments):
    """Arguments of Bash; timeout in milliseconds."""

    command: str
    timeout: int = Field(default=120_000, ge=1, le=600_000)
    description: str | None = None


class Todo(Arguments):
    """One entry of a to-do list."""

    content: str
    status: Literal["pending", "in_progress", "completed"]
    activeForm: str | None = None  # noqa: N815  the name that agents know


class TodoWriteArguments(Arguments):
    """Arguments of TodoWrite."""

    todos: list[Todo]


class WebFetchArguments(Arguments):
    """Arguments of WebFetch."""

    url: str
    prompt: str | None = None


class WebSearchArguments(Arguments):
    """Arguments of WebSearch."""

    query: str
    allowed_domains: list[str] | None = None
    blocked_domains: list[str] | None = None


class TaskArguments(Arguments):
    """Arguments of Task."""

    description: str
    prompt: str
    subagent_type: str | None = None


class ListArguments(Arguments):
    """Arguments of LS."""

    path: str
    ignore: list[str] | None = None


class Option(Arguments):
    """One answer that a question offers."""

    label: str
    description: str


class Question(Arguments):
    """One question to the user."""

    question: str
    header: str
    options: list[Option]
    multiSelect: bool = False  # noqa: N815  the name that agents know


class AskUserQuestionArguments(Arguments):
    """Arguments of AskUserQuestion."""

    questions: list[Question] = Field(min_length=1)


ARGUMENTS: dict[str, type[Arguments]] = {
    "Read": ReadArguments,
    "Write": WriteArguments,
    "Edit": EditArguments,
    "MultiEdit": MultiEditArguments,
    "Glob": GlobArguments,
    "Grep": GrepArguments,
    "Bash": BashArguments,
    "TodoWrite": TodoWriteArguments,
    "WebFetch": WebFetchArguments,
    "WebSearch": WebSearchArguments,
    "Task": TaskArguments,
    "LS": ListArguments,
    "AskUserQuestion": AskUserQuestionArguments,
}
