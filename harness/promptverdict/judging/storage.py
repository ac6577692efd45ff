"""A file of judges' answers beside a recording.

The file lies outside the seal and names the recordings that it is about. An answer counts only for
these, the question, the judge's prompt and the evidence that it was given to, so a changed question
is asked anew and no other.
"""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, Literal, TypeVar

from pydantic import ValidationError

from promptverdict.core.clock import Second
from promptverdict.core.errors import BrokenRecording
from promptverdict.core.files import is_there, write_file
from promptverdict.core.model import Frozen
from promptverdict.core.paths import display_path
from promptverdict.recording import yaml_format
from promptverdict.recording.secrets import refuse_machine, refuse_secrets
from promptverdict.recording.texts import read_text
from promptverdict.trials.evidence import About
from promptverdict.trials.provenance import Origin

FORMAT = 1


class StoredAnswer(Frozen):
    """What a model said to one question; each kind of question adds the replies."""

    key: str
    """Of what was asked, and of whom (see `Question.derive_key`)."""
    question: str
    about: About
    model: str
    """What was asked, as `provider/name`."""


class StoredReply(Frozen):
    """What came of one request; each kind of question adds what was read out of it."""

    answered: str
    """What the answer said it came from."""
    evidence: Origin
    """From a provider's API, from someone answering by hand, or from a script in a test."""
    operator: str | None = None
    """Who answered by hand, in their own words."""
    recorded: Second
    """When, in UTC, to the second."""
    request: str
    """Hash of the request's body."""
    response: str
    """The body of the answer, as it came."""
    form: Literal["schema"] | None = None
    """`schema` where no call was asked for but a text in JSON; None for a call."""


A = TypeVar("A", bound=StoredAnswer)


@dataclass(frozen=True)
class AnswerFile(Generic[A]):
    """Where the answers to one kind of question lie."""

    path: Path
    about: Mapping[str, str]
    """What the file says it is about: the seals of recordings, in the order they are written."""
    kind: type[A]
    """The class of its answers."""

    def read(self) -> tuple[A, ...]:
        """Read the answers.

        A file about other recordings holds none, and neither does one that is absent or cannot be
        read: all of these leave the questions open, which is said where they are graded.
        """
        try:
            return self._load()
        except BrokenRecording:
            return ()

    def find_fault(self) -> str | None:
        """Return why a file that is there cannot be read; None where it can, or where is none."""
        try:
            self._load()
        except BrokenRecording as error:
            return str(error).partition("\n")[0]
        return None

    def check(self) -> None:
        """Raise BrokenRecording for a file that cannot be read: asking would replace it."""
        if fault := self.find_fault():
            cure = "restore it from version control, or remove it and ask again"
            if "LFS" in fault:
                cure = "fetch its content: git lfs pull"
            raise BrokenRecording(f"{fault}\n  {cure}")

    def _load(self) -> tuple[A, ...]:
        where = display_path(self.path)
        # is_there: a link that leads nowhere, or to itself, is broken and not missing.
        if not is_there(self.path):
            return ()
        data = yaml_format.load(read_text(self.path), where)
        if not isinstance(data, dict):
            raise BrokenRecording(f"{where} holds no answers")
        answers = data.pop("answers", ())
        # Exactly these keys: a file of a newer format may mean something else by the same ones.
        if {"format": FORMAT, **data} != {"format": FORMAT, **self.about}:
            return ()
        try:
            return tuple(self.kind.model_validate(answer) for answer in answers)
        except (ValidationError, TypeError) as error:
            raise BrokenRecording(f"{where} holds an answer that cannot be read") from error

    def write(self, answers: Iterable[A]) -> None:
        """Store answers in place of those that are there.

        Raises StorageError when the disk refuses, and when they hold a key or tell the name of this
        machine or a path of its user.
        """
        stored = [answer.model_dump(mode="json", exclude_none=True) for answer in answers]
        text = yaml_format.dump({"format": FORMAT, **self.about, "answers": stored})
        refuse_secrets(text, os.environ)
        refuse_machine(text, platform.node(), str(Path.home()))
        write_file(self.path, text)
