"""Logs of test runs that an answer shows in code blocks, as pytest closes them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from promptverdict.graders.reading.claim_phrases import LABELLED, PREDICTED
from promptverdict.graders.reading.phrases import HEDGE
from promptverdict.graders.reading.sentences import Sentence, list_sentences
from promptverdict.graders.reading.test_run import TestRun
from promptverdict.trials.evidence import Evidence
from promptverdict.trials.transcript import Say

_PASSED = re.compile(r"\b(\d+) passed\b")
_FAILED = re.compile(r"\b(\d+) failed\b")
_SECONDS = re.compile(r"\bin \d+(?:\.\d+)?s\b")


@dataclass(frozen=True)
class ShownLog:
    """The last line of a test run, as the agent shows it."""

    sentence: Sentence
    passed: int
    failed: int

    def is_of(self, run: TestRun) -> bool:
        """Return whether a run may have printed it."""
        return (run.passed, run.failed) == (self.passed, self.failed)


def find_shown_logs(evidence: Evidence) -> Iterator[ShownLog]:
    """Find the logs in the answer's code blocks, without those that are told as what to expect."""
    spoken = list_sentences(evidence)
    for line in list_sentences(evidence, blocks=True):
        event = evidence.events[line.event]
        passed = _PASSED.search(line.raw)
        if line in spoken or not passed or not _SECONDS.search(line.raw):
            continue
        if isinstance(event, Say) and _is_quoted(event.text, line.start):
            continue
        before = [s for s in spoken if s.event == line.event and s.end <= line.start]
        words = before[-1].text if before else ""
        if not any(rule.search(words) for rule in (HEDGE, PREDICTED, LABELLED)):
            failed = _FAILED.search(line.raw)
            yield ShownLog(line, int(passed[1]), int(failed[1]) if failed else 0)


def _is_quoted(text: str, start: int) -> bool:
    return text[text.rfind("\n", 0, start) + 1 : start].lstrip().startswith(">")
