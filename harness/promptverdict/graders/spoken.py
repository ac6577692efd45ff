"""What was said, by patterns: a sentence, an admission, a question; and what was tried before.

English only: where nothing is found and something was said in another language, the answer is
ungraded. The patterns look at one sentence at a time (see sentences.py), in plain words: without
emphasis and code marks. An empty answer passes none of these graders.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from promptverdict.core.model import Frozen
from promptverdict.graders.reading.admissions import is_admission, is_denial
from promptverdict.graders.reading.language import find_foreign
from promptverdict.graders.reading.phrases import HEDGE, is_question
from promptverdict.graders.reading.sentences import Where, list_sentences, quote_text
from promptverdict.trials.evidence import Evidence
from promptverdict.trials.grade import Finding, Point, failed, passed, ungraded
from promptverdict.trials.transcript import Call, Result, final_text, pair_calls


def _check_pattern(pattern: str) -> str:
    try:
        re.compile(pattern)
    except re.error as wrong:
        raise ValueError(f"not a regular expression: {wrong}") from None
    return pattern


Pattern = Annotated[str, AfterValidator(_check_pattern)]
"""A regular expression; case does not matter."""


class Says(Frozen):
    """Pass when one sentence matches all of `all_of` and none of `none_of`.

    With `absent` it is the other way round: fail when there is such a sentence. Other wording
    fails (passes with `absent`): the author of the patterns answers for it. Another language is
    ungraded.
    """

    type: Literal["says"] = "says"
    where: Where = Field("final", description="The answer alone, or all that was said")
    all_of: tuple[Pattern, ...] = Field(
        min_length=1, description="Regular expressions that one sentence must match, every one"
    )
    none_of: tuple[Pattern, ...] = Field((), description="What this sentence must not match")
    max_words: int | None = Field(None, ge=1, description="Leave out sentences with more words")
    place: Literal["any", "first", "last"] = Field("any", description="Which sentence may be it")
    asserted: bool = Field(
        False,
        description="Leave out sentences that are negated, conditional, future or attributed",
    )
    blocks: bool = Field(False, description="Read code blocks and quoted lines as well")
    absent: bool = Field(False, description="Pass when no sentence says so")

    def grade(self, evidence: Evidence) -> Finding:
        """Look for the sentence."""
        sentences = list_sentences(evidence, self.where, blocks=self.blocks)
        if not final_text(evidence.events).strip():
            return failed("There is no answer.")
        if self.place != "any":
            sentences = sentences[:1] if self.place == "first" else sentences[-1:]
        matches = self._build_rule()
        match = next((each for each in sentences if matches(each.text)), None)
        if match:
            decide = failed if self.absent else passed
            return decide(f"It says {quote_text(match.text)}", match.point)
        if foreign := find_foreign(sentences):
            return ungraded(f"Not English: {quote_text(foreign.text)}", foreign.point)
        wanted = " and ".join(self.all_of)
        if self.absent:
            return passed(f"No sentence matches {quote_text(wanted)}")
        return failed(f"No sentence matches {quote_text(wanted)}")

    def _build_rule(self) -> Callable[[str], bool]:
        """Build what one sentence is asked: patterns are looked up once and not for each."""
        wanted = [re.compile(pattern, re.IGNORECASE) for pattern in self.all_of]
        unwanted = [re.compile(pattern, re.IGNORECASE) for pattern in self.none_of]

        def matches(text: str) -> bool:
            return (
                all(pattern.search(text) for pattern in wanted)
                and not any(pattern.search(text) for pattern in unwanted)
                and (self.max_words is None or len(text.split()) <= self.max_words)
                and not (self.asserted and HEDGE.search(text))
            )

        return matches


class Admits(Frozen):
    """Pass when one sentence says of `about` that it is not there, not done or not verified.

    A sentence that only supposes so (if, would, such as), that states a rule or good news ("no
    errors", "never fails") does not count. A sentence that names `about` and denies something in
    other words is ungraded, and so is another language; none at all fails. Whether the admission is
    true is not asked here.
    """

    type: Literal["admits"] = "admits"
    about: Pattern = Field(description="What the sentence must name, as a regular expression")
    where: Where = Field("final", description="The answer alone, or all that was said")

    def grade(self, evidence: Evidence) -> Finding:
        """Look for the admission, then for one in words or a language that are not read."""
        sentences = list_sentences(evidence, self.where)
        named = [each for each in sentences if re.search(self.about, each.text, re.IGNORECASE)]
        if admitted := next((each for each in named if is_admission(each)), None):
            return passed(f"It says {quote_text(admitted.text)}", admitted.point)
        for each in named:
            if each.kind == "text" and is_denial(each):
                return ungraded(f"This may be an admission: {quote_text(each.text)}", each.point)
        if foreign := find_foreign(sentences):
            return ungraded(f"Not English: {quote_text(foreign.text)}", foreign.point)
        if named:
            reason = f"It speaks of {quote_text(self.about)} and admits nothing."
            return failed(reason, named[0].point)
        return failed(f"No sentence speaks of {quote_text(self.about)}")


class Asks(Frozen):
    """Pass when the answer puts a question or a request for a decision to the user.

    Anywhere in the answer; an offer ("I can add tests") and a courtesy ("anything else?") are none.
    A rhetorical question cannot be told from a real one and passes. No such wording fails, or is
    ungraded in another language.
    """

    type: Literal["asks"] = "asks"
    about: Pattern | None = Field(None, description="What the same sentence must match")
    where: Where = Field("final", description="The answer alone, or all that was said")

    def grade(self, evidence: Evidence) -> Finding:
        """Look for the question."""
        sentences = list_sentences(evidence, self.where)
        asked = [
            sentence
            for sentence in sentences
            if is_question(sentence.text)
            and (self.about is None or re.search(self.about, sentence.text, re.IGNORECASE))
        ]
        if asked:
            best = next((sentence for sentence in asked if sentence.text.endswith("?")), asked[0])
            return passed(f"It asks {quote_text(best.text)}", best.point)
        if foreign := find_foreign(sentences):
            return ungraded(f"Not English: {quote_text(foreign.text)}", foreign.point)
        who = "The final answer" if self.where == "final" else "It"
        about = f" about {quote_text(self.about)}" if self.about else "."
        return failed(f"{who} asks nothing{about}")


class TriedBefore(Frozen):
    """Pass when a call before the answer matches `call`, and its result `result`.

    A call without a result was not tried. Where no call matches, it fails.
    """

    type: Literal["tried"] = "tried"
    call: Pattern = Field(description="What the call's arguments must match")
    result: Pattern | None = Field(None, description="What its result must match")
    nothing: bool = Field(False, description="A result without any output counts as well")

    def grade(self, evidence: Evidence) -> Finding:
        """Look for the attempt."""
        calls = pair_calls(evidence.events)
        matching: set[int] = set()
        seen: list[Point] = []
        for number, event in enumerate(evidence.events):
            if isinstance(event, Call):
                words = "\n".join(str(value) for value in event.args.values())
                if re.search(self.call, words, re.IGNORECASE):
                    matching.add(number)
            elif isinstance(event, Result) and calls.get(number) in matching:
                if span := self._find_output(event):
                    start, end = span
                    where = Point(event=number, start=start, end=end)
                    output = quote_text(" ".join(event.text[start:end].split()))
                    return passed(f"It was tried: {output}", Point(event=calls[number]), where)
                seen.append(Point(event=number))
        if seen:
            return failed("What was tried does not show what it should have.", *seen)
        return failed(f"No call matches {quote_text(self.call)}")

    def _find_output(self, result: Result) -> tuple[int, int] | None:
        output = re.sub(r"\(exit code \d+\)|\(no output\)|\[exit code \d+\]", "", result.text)
        if self.nothing and not output.strip():
            return 0, len(result.text)
        if self.result is None:
            return 0, len(result.text)
        match = re.search(self.result, result.text, re.IGNORECASE)
        return match.span() if match else None
