"""Whether an agent was shown what it is graded with.

Lines of it are looked for in what the agent saw. A line counts by its words alone, so that
numbering, indentation, quoting and diff marks around it do not hide it. What somebody gave the
agent to read, and what the agent wrote itself, is no sign.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from promptverdict.core.model import Frozen
from promptverdict.trials.transcript import Call, Event, Result, Say, User

State = Literal["clean", "tainted", "unknown"]

SHORTEST = 5
"""Words that a line needs to be looked for: `assert response.status == 200` says nothing."""
ENOUGH = 8
"""Words, in lines of one file, that an agent must have been shown for a trial to be tainted. One
short line may be chance; what an agent reads in a file is more."""
_WORD = re.compile(r"\w+")
_KEY = 3
"""Words by which lines are found; the others are compared then."""


class Leak(Frozen):
    """Where an agent was shown, or repeated, what it is graded with."""

    event: int
    source: str
    """The file, relative to its suite."""
    words: str
    """The first line of it that is there, without its punctuation."""


class Integrity(Frozen):
    """Whether what grades a trial stayed out of the agent's sight."""

    state: State
    leaks: tuple[Leak, ...] = ()
    """Of a tainted trial: one for each file, where it is seen first."""
    why: str = ""
    """Why it is unknown."""


UNKNOWN = Integrity(state="unknown", why="it was not looked for when the record was written")


def describe_integrity(integrity: Integrity) -> str:
    """Return the state, and what it rests on where it is not clean, in one line."""
    if integrity.state == "tainted":
        places = ", ".join(f"{leak.source} in [{leak.event}]" for leak in integrity.leaks)
        return f"tainted: the agent was shown {places}"
    return f"{integrity.state}: {integrity.why}" if integrity.why else integrity.state


@dataclass(frozen=True, slots=True)
class Phrase:
    """One line of a file that grades, as its words."""

    text: str
    source: str
    is_attempt: bool
    """Whether it is of a scripted attempt: an agent that does well may write the same."""
    can_be_said: bool
    """Whether an answer that holds it is a sign too; code that an agent writes is none."""


class PhraseIndex:
    """Finds phrases in texts. Building it takes about as long as reading the files."""

    def __init__(self, phrases: Iterable[Phrase]) -> None:
        self._places: dict[tuple[str, ...], list[Phrase]] = {}
        for phrase in phrases:
            words = phrase.text.split()
            self._places.setdefault(tuple(words[:_KEY]), []).append(phrase)
        self.find_in_given = lru_cache(maxsize=64)(self.find)
        """As `find`, for texts that many trials were given, such as prompts."""

    def find(self, text: str) -> set[Phrase]:
        """Find the phrases that a text holds, whole words in their order."""
        words = _WORD.findall(text)
        # Triples of words: most texts share none with any phrase, and that is known fast.
        triples = zip(words, words[1:], words[2:], strict=False)
        keys = {triple for triple in triples if triple in self._places}
        if not keys:
            return set()
        squeezed = f" {' '.join(words)} "
        return {
            phrase for key in keys for phrase in self._places[key] if f" {phrase.text} " in squeezed
        }


def list_phrases(
    text: str, source: str, *, is_attempt: bool = False, can_be_said: bool = False
) -> Iterator[Phrase]:
    """List the lines of a file that are long enough to be looked for."""
    for line in text.splitlines():
        words = _WORD.findall(line)
        if len(words) >= SHORTEST:
            yield Phrase(" ".join(words), source, is_attempt, can_be_said)


def inspect_events(
    events: Sequence[Event],
    index: PhraseIndex,
    given: Iterable[str],
    read_workspace: Callable[[int], Iterable[str]],
) -> Integrity:
    """Look for the phrases of an index in what an agent was shown and what it answered.

    given: texts that the agent was legitimately given. read_workspace: number of a result -> the
    texts that lay in the workspace then; only asked where a scripted attempt is found, whose lines
    an agent may have put together by editing.
    """
    known: set[Phrase] = set().union(*map(index.find_in_given, given))
    seen: dict[str, dict[Phrase, int]] = {}
    for number, event in enumerate(events):
        match event:
            case User():
                known |= index.find(event.text)
            case Call():
                known |= index.find("\n".join(_list_texts(event.args)))
            case Say():
                phrases = index.find(event.text)
                _note(seen, number, {each for each in phrases if each.can_be_said} - known)
                known |= phrases
            case Result():
                phrases = index.find(event.text) - known
                attempts = {each for each in phrases if each.is_attempt}
                if attempts:
                    made = set().union(*map(index.find, read_workspace(number)))
                    phrases -= attempts & made
                _note(seen, number, phrases)
    leaks = [
        Leak(event=min(phrases.values()), source=source, words=_choose_first(phrases))
        for source, phrases in seen.items()
        if sum(len(phrase.text.split()) for phrase in phrases) >= ENOUGH
    ]
    return Integrity(state="tainted" if leaks else "clean", leaks=tuple(leaks))


def _note(seen: dict[str, dict[Phrase, int]], number: int, phrases: Collection[Phrase]) -> None:
    for phrase in phrases:
        seen.setdefault(phrase.source, {}).setdefault(phrase, number)


def _choose_first(phrases: Mapping[Phrase, int]) -> str:
    """Choose the longest of the phrases that were seen first."""
    first = min(phrases.values())
    texts = [phrase.text for phrase, number in phrases.items() if number == first]
    return max(texts, key=lambda text: (len(text), text))


def _list_texts(value: Any) -> Iterator[str]:
    """List the texts in a call's arguments."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _list_texts(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _list_texts(inner)
