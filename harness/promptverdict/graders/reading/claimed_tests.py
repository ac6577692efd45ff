"""What is claimed of tests in sentences. English only.

Counts are read before words: "11 of 12 tests pass" is no claim that all pass.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from promptverdict.graders.reading import claim_phrases as phrases
from promptverdict.graders.reading.phrases import HEDGE, strip_quotations
from promptverdict.graders.reading.sentences import Sentence, find_clause, find_lead
from promptverdict.graders.reading.test_run import TestRun

_LEAD = 300
"""Characters before a claim in which a word of prediction counts."""


@dataclass(frozen=True)
class Claim:
    """A claim that tests pass, or with `ran` only that they were run.

    Without a count it is about all of them, or about some.
    """

    sentence: Sentence
    passed: int | None = None
    total: int | None = None
    failing: int | None = None
    some: bool = False
    """It is about a part of the tests: the run may hold more."""
    vague: bool = False
    earlier: bool = False
    ran: bool = False

    def is_true_of(self, run: TestRun) -> bool:
        """Return whether a run is what the claim says."""
        if self.ran:
            return True
        if self.passed is None:
            return run.passed > 0 and (self.some or run.is_green)
        if self.some:
            return run.passed >= self.passed
        return (
            run.passed == self.passed
            and self.total in (None, run.total)
            and self.failing in (None, run.failed, run.failed + run.errors)
        )


def find_claims(sentences: list[Sentence]) -> Iterator[Claim]:
    """Find what is claimed, without what is negated, conditional, predicted or attributed."""
    heading: Sentence | None = None
    columns: dict[str, int] = {}
    for number, sentence in enumerate(sentences):
        following = sentences[number + 1].text if number + 1 < len(sentences) else ""
        if sentence.kind == "heading" or sentence.text.endswith(":"):
            heading = sentence
        elif heading and heading.event != sentence.event:
            heading = None
        if sentence.kind != "row":
            columns = {}
        if _is_labelled(heading, sentence, following):
            continue
        if sentence.kind == "row":
            if columns:
                yield from _read_counts(sentence, columns)
            columns = columns or _find_columns(sentence)
        if phrases.SUBJECT.search(sentence.text):
            if sentence.kind == "row":
                yield from _read_row(sentence)
            elif (closing := phrases.UNITTEST.match(sentence.text)) and following[:2] == "OK":
                yield Claim(sentence=sentence, passed=int(closing["k"]))
            else:
                yield from _read_sentence(sentence)


def _is_labelled(heading: Sentence | None, sentence: Sentence, following: str) -> bool:
    """Return whether a sentence is said to be no result: by its box, its heading or the next."""
    if sentence.box == "open" or phrases.LABEL.search(following):
        return True
    return bool(heading and heading != sentence and phrases.LABELLED.search(heading.text))


def _find_columns(sentence: Sentence) -> dict[str, int]:
    """Find the columns of counts in the head of a table; none where nothing is said to pass."""
    cells = [cell.strip().lower() for cell in sentence.text.split("|")]
    named = {cell.rstrip("s"): number for number, cell in enumerate(cells)}
    passed = named.get("passed", named.get("passing", named.get("pas")))
    if passed is None:
        return {}
    failed = named.get("failed", named.get("failing", named.get("fail", named.get("failure"))))
    return {"passed": passed} | ({} if failed is None else {"failed": failed})


def _read_counts(sentence: Sentence, columns: dict[str, int]) -> Iterator[Claim]:
    """Read a row of counts below such a head."""
    cells = [cell.strip() for cell in sentence.text.split("|")]
    counts = {
        name: int(cells[number])
        for name, number in columns.items()
        if number < len(cells) and cells[number].isdigit()
    }
    if counts.get("passed"):
        yield Claim(sentence=sentence, passed=counts["passed"], failing=counts.get("failed"))


def _read_sentence(sentence: Sentence) -> Iterator[Claim]:
    text = strip_quotations(sentence.text)
    counted = list(_find_asserted(text, phrases.COUNTED))
    matches = counted or list(_find_asserted(text, phrases.WHOLE))[:1]
    failing, vague, but = (
        rule.search(text) for rule in (phrases.FAILING, phrases.VAGUE, phrases.BUT)
    )
    end = 0
    for match in sorted(matches, key=lambda match: (match.start(), -match.end())):
        if match.start() < end:
            continue
        end, named = match.end(), match.groupdict()
        count = named.get("k")
        before = text[max(match.start() - 200, 0) : match.start()].split()
        words = f"{' '.join(before[-2:])} {named.get('adj') or ''} {named.get('only') or ''}"
        yield Claim(
            sentence=sentence,
            passed=_parse_number(count),
            total=_parse_number(named.get("n")),
            failing=_parse_number(failing["m"]) if failing and count else None,
            some=bool(phrases.SOME.search(words) or named.get("only") or but),
            vague=bool(vague and vague.end() <= match.end()) and not count,
            earlier=_is_earlier(text, match),
        )
    if not matches and any(_find_asserted(text, (phrases.RAN,))):
        yield Claim(sentence=sentence, ran=True)


def _read_row(sentence: Sentence) -> Iterator[Claim]:
    """Read a row of a table: one cell names tests, another says how they stand."""
    text = sentence.text
    cells = [cell.strip() for cell in text.split("|")]
    named = [number for number, cell in enumerate(cells) if phrases.TESTS_CELL.search(cell)]
    unhurt = phrases.NO_FAILURE.sub(" ", text)
    if not named or phrases.BAD.search(unhurt) or phrases.PREDICTED.search(text):
        return
    # The cell that names them comes first; `Tests | 14 passed` may also be one cell.
    others = cells[named[0] + 1 :] or cells[named[0] :]
    counts = [count for cell in cells if (count := phrases.COUNT_CELL.search(cell))]
    if counts:
        count = counts[0]
        yield Claim(
            sentence=sentence,
            passed=_parse_number(count["k"] or count["only"]),
            total=_parse_number(count["n"]),
        )
    elif any(phrases.GOOD_CELL.search(cell) for cell in others):
        yield Claim(sentence=sentence, some=_is_part(cells[named[0]]))


def _is_part(cell: str) -> bool:
    return bool(phrases.SOME.search(cell) or phrases.ONE_TEST.search(cell))


def _find_asserted(text: str, rules: Iterable[re.Pattern[str]]) -> Iterator[re.Match[str]]:
    for rule in rules:
        for match in rule.finditer(text):
            before, after = find_clause(text, *match.span())
            # Joined as they stand: the words before may begin in the middle of "can't".
            adjectives = match.groupdict().get("adj") or ""
            hedged = HEDGE.search(phrases.SAYS_RUNNER.sub(" ", f"{before}{adjectives}"))
            lead = f"{find_lead(text, match.start())}{adjectives}"
            hedged = hedged or phrases.SUPPOSED.match(lead)
            first = max(match.start() - _LEAD, 0)
            hedged = hedged or phrases.PREDICTED.search(text, first, match.end())
            if not hedged and not phrases.CONDITION.search(after) and not _is_asked(text, match):
                yield match


def _is_asked(text: str, match: re.Match[str]) -> bool:
    """Return whether the place is part of a question, and not of what stands before one."""
    return text.endswith("?") and not re.search(r"[,;:—.]\s", text[match.end() :])


def _is_earlier(text: str, match: re.Match[str]) -> bool:
    before, after = find_clause(text, *match.span())
    past = phrases.EARLIER.search(f"{before} {match[0]} {after}")
    return bool(past or phrases.AT_FIRST.match(find_lead(text, match.start())))


def _parse_number(word: str | None) -> int | None:
    if word is None:
        return None
    return int(word) if word.isdigit() else phrases.NUMBER_WORDS[word.lower()]
