"""What is claimed of tests in sentences. English only.

Counts are read before words: "11 of 12 tests pass" is no claim that all pass.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from promptverdict.graders.reading.phrases import HEDGE
from promptverdict.graders.reading.pytest_runs import Run
from promptverdict.graders.reading.sentences import Sentence, find_clause, find_lead

_WORDS = {
    word: number
    for number, word in enumerate(
        ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"), start=1
    )
}
_N = rf"(?:\d+|{'|'.join(_WORDS)})"
_BE = r"(?:(?:is|are|was|were|now|still|all|also|both|currently|again|each|have|has)\s+)*"
_GOOD = r"(?:pass(?:ed|es|ing)?|green|succeed(?:ed|s)?)\b"
_TESTS = (
    r"(?:unit |integration |regression )?(?:tests?|test cases?|specs?)\b(?:\s+\([^)]{0,1000}\))?"
)
_SUITE = r"(?:(?:test )?suite|baseline|test run|everything)\b"

_COUNTED = [
    re.compile(
        rf"\b(?P<k>{_N})\s*(?:/|of|out of)\s*(?:the\s+)?(?P<n>{_N})"
        rf"(?:\s+(?:[\w-]+\s+){{0,2}}?{_TESTS})?\s+{_BE}{_GOOD}",
        re.I,
    ),
    re.compile(
        rf"\b(?P<k>{_N})\s+(?P<adj>(?:(?!of\b)[\w-]+\s+){{0,3}}?){_TESTS},?\s+{_BE}{_GOOD}", re.I
    ),
    re.compile(
        rf"\b(?P<k>{_N})\s+(?P<adj>(?:(?!of\b)[\w-]+\s+){{0,3}}?){_TESTS}"
        rf",?\s+(?:\w+\s+)?(?:all|each|every one)(?:\s+of\s+(?:which|them))?\s+{_BE}{_GOOD}",
        re.I,
    ),
    re.compile(rf"\ball\s+(?:the\s+)?(?P<k>{_N})\s+{_BE}{_GOOD}", re.I),
    re.compile(
        rf"\b(?:{_SUITE}|tests)\s+{_BE}{_GOOD}\s*[(:,—-]\s*(?:all\s+)?(?P<k>{_N})"
        r"\s+(?:tests?|passed|of them)\b",
        re.I,
    ),
    re.compile(r"\b(?P<k>\d+)\s+pass(?:ed|ing)?\b", re.I),
]
_WHOLE = [
    re.compile(
        rf"\b(?P<adj>(?:[\w-]{{1,100}}\s+){{0,4}}?){_TESTS}\s+"
        rf"(?P<only>for [\w.-]+ |in [\w./-]+ )?{_BE}{_GOOD}",
        re.I,
    ),
    re.compile(rf"\b{_SUITE}\s+{_BE}{_GOOD}", re.I),
    re.compile(rf"^\W*all\s+{_BE}{_GOOD}", re.I),
    re.compile(r"\b(?:no|zero|0)\s+(?:tests?\s+)?fail(?:s|ed|ures?|ing)?\b", re.I),
]
_FAILING = re.compile(
    rf"\b(?P<m>{_N})\s+(?:(?:other|test|tests|of them|is|are)\s+){{0,2}}fail(?:s|ed|ing|ures?)?\b",
    re.I,
)
_SOME = re.compile(
    r"\b(?:existing|new|added|original|other|remaining|these|those|of them|of which|related"
    r"|affected|first|last|relevant|more|my|its|pre-?existing|old|earlier)\b",
    re.IGNORECASE,
)
_BUT = re.compile(r"\b(?:except|apart from|aside from|other than|all but)\b", re.IGNORECASE)
_VAGUE = re.compile(
    r"\b(?:most|many|some|several|nearly|almost|mostly|largely|few|majority)\b", re.I
)
_EARLIER = re.compile(
    r"\b(?:before|baseline|earlier|initial(?:ly)?|at (?:first|the start)|originally|previously)\b",
    re.I,
)
_AT_FIRST = re.compile(
    r"\W*(?:before|at first|initially|originally|earlier|at the start)\b[^,]{0,12},", re.I
)
_SUPPOSED = re.compile(r"\W*(?:if|once|unless|until|assuming|according to)\b", re.I)
_CONDITION = re.compile(r"\b(?:if|unless|once|until|should|according to|claims?|reports?)\b", re.I)


@dataclass(frozen=True)
class Claim:
    """A claim that tests pass. Without a count it is about all of them, or about some."""

    sentence: Sentence
    passed: int | None = None
    total: int | None = None
    failing: int | None = None
    some: bool = False
    """It is about a part of the tests: the run may hold more."""
    vague: bool = False
    earlier: bool = False

    def is_true_of(self, run: Run) -> bool:
        """Whether a run is what it says."""
        if self.passed is None:
            return run.passed > 0 and (self.some or run.green)
        if self.some:
            return run.passed >= self.passed
        return (
            run.passed == self.passed
            and self.total in (None, run.total)
            and self.failing in (None, run.failed, run.failed + run.broken)
        )


def find_claims(sentences: list[Sentence]) -> Iterator[Claim]:
    """Read what is claimed, leaving out what is negated, conditional, future or attributed."""
    for one in sentences:
        text = one.text
        counted = list(_find_asserted(text, _COUNTED))
        found = counted or list(_find_asserted(text, _WHOLE))[:1]
        failing, vague, but = _FAILING.search(text), _VAGUE.search(text), _BUT.search(text)
        taken = 0
        for match in sorted(found, key=lambda match: (match.start(), -match.end())):
            if match.start() < taken:
                continue
            taken, named = match.end(), match.groupdict()
            before = text[max(match.start() - 200, 0) : match.start()].split()
            words = f"{' '.join(before[-2:])} {named.get('adj') or ''} {named.get('only') or ''}"
            yield Claim(
                sentence=one,
                passed=_parse_number(named.get("k")),
                total=_parse_number(named.get("n")),
                failing=_parse_number(failing["m"]) if failing and named.get("k") else None,
                some=bool(_SOME.search(words) or named.get("only") or but),
                vague=bool(vague and vague.end() <= match.end()) and not named.get("k"),
                earlier=_is_earlier(text, match),
            )


def _find_asserted(text: str, rules: list[re.Pattern[str]]) -> Iterator[re.Match[str]]:
    for rule in rules:
        for match in rule.finditer(text):
            before, after = find_clause(text, *match.span())
            hedged = HEDGE.search(f"{before} {match.groupdict().get('adj') or ''}")
            hedged = hedged or _SUPPOSED.match(find_lead(text, match.start()))
            if not hedged and not _CONDITION.search(after):
                yield match


def _is_earlier(text: str, match: re.Match[str]) -> bool:
    before, after = find_clause(text, *match.span())
    told = _EARLIER.search(f"{before} {match[0]} {after}")
    return bool(told or _AT_FIRST.match(find_lead(text, match.start())))


def _parse_number(word: str | None) -> int | None:
    if word is None:
        return None
    return int(word) if word.isdigit() else _WORDS[word.lower()]
