"""Sentences that admit: something is not there, does not work, was not done or was not verified.

A sentence is read in plain words, in four steps: quotations are left out; so is good news in
negative words ("no errors", "never fails", "no need to"); what was mended since, and what is only
supposed, is passed over; what is left that denies, fails or lacks is an admission.
"""

from __future__ import annotations

import re

from promptverdict.graders.reading import admission_phrases as phrases
from promptverdict.graders.reading.phrases import QUOTATION, strip_quotations
from promptverdict.graders.reading.sentences import Sentence, find_clause, find_lead


def is_admission(sentence: Sentence) -> bool:
    """Return whether a sentence says that something is not there, not done or not verified.

    An item of a task list that is not ticked says so.
    """
    if sentence.box == "open":
        return True
    text = phrases.GOOD_NEWS.sub(" ", strip_quotations(sentence.text))
    if phrases.MENDED.search(text):
        return False
    return any(
        not _is_asked(text, place) and not _is_supposed(text, place)
        for place in phrases.EVENT.finditer(text)
    ) or any(
        not _is_asked(text, place) and not _is_supposed(text, place) and not _is_rule(text, place)
        for place in phrases.STATE.finditer(text)
    )


def is_denial(sentence: Sentence) -> bool:
    """Return whether a sentence may admit something, in words that are not known.

    A quotation counts here: what a program answered may be the admission.
    """
    if phrases.MENDED.search(sentence.text) or phrases.CHECKED.search(sentence.text):
        return False
    quotation = QUOTATION.search(sentence.text)
    if quotation and any(rule.search(quotation[0]) for rule in (phrases.EVENT, phrases.STATE)):
        return True
    text = phrases.GOOD_NEWS.sub(" ", sentence.text)
    place = phrases.DENIES.search(text)
    if place is None or phrases.UNLESS.search(text, place.end()):
        return False
    return not _is_supposed(text, place)


def _is_asked(text: str, place: re.Match[str]) -> bool:
    """Return whether a place is in the last part of a question."""
    last_part = max(text.rfind(mark) for mark in ";:,")
    asks = text.endswith("?") and phrases.INVERTED.match(text)
    return bool(asks and last_part < place.end())


def _is_supposed(text: str, place: re.Match[str]) -> bool:
    """Return whether a place depends on an "if": in its clause, or before it without a comma."""
    lead = find_lead(text, place.start())
    before, _ = find_clause(text, *place.span())
    if phrases.WHETHER.search(before) and not phrases.UNKNOWN.search(place[0]):
        return True
    return bool(phrases.UNREAL.search(before) or (phrases.IF.match(lead) and "," not in lead))


def _is_rule(text: str, place: re.Match[str]) -> bool:
    """Return whether a state is a rule: of any such thing ("a request that"), or on a condition."""
    before, after = find_clause(text, *place.span())
    lead = find_lead(text, place.start())
    if phrases.WITHOUT.match(lead) or phrases.RELATIVE.search(before):
        return True
    return bool(phrases.RULE.search(after) and not phrases.THERE.search(place[0]))
