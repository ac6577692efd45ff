"""Other languages are told from English, and no short English from them."""

from __future__ import annotations

import subprocess
import sys

from promptverdict.graders.reading.language import find_foreign
from promptverdict.graders.reading.sentences import Sentence, list_sentences, split_sentences
from promptverdict.trials.transcript import Say

from tests.cases import try_cases
from tests.repository.test_recordings import TRIALS
from tests.repository.test_recordings import evidence as read
from tests.word_corpus import DATA, list_cases, list_written

FOREIGN = (DATA / "spoken" / "other_languages.txt").read_text(encoding="utf-8").splitlines()


def sentences(text: str) -> list[Sentence]:
    return [Sentence(s.start, s.end, s.raw, s.kind, s.box, 0) for s in split_sentences(text)]


def test_nine_in_ten_short_sentences_in_other_languages_are_told() -> None:
    missed = [line for line in FOREIGN if not find_foreign(sentences(line))]
    assert len(missed) <= 0.1 * len(FOREIGN), missed


@try_cases(
    "said",
    [
        "Done.",
        "All green",
        "pytest: 6 passed",
        "Test suite: OK",
        "| Tests | 12/13 |",
        "OK (12 tests)",
        "p95: 0.8 ms",
        "Files: `app/api.py`, `tests/test_api.py`",
        "The dialog says \u201eDatei konnte nicht gespeichert werden\u201c now.",
        "Das paynimbus",
        "Renamed utilisateur to user, passed.",
    ],
)
def test_short_english_names_and_quotations_are_no_other_language(said: str) -> None:
    assert find_foreign(sentences(said)) is None


def test_a_foreign_sentence_in_an_english_answer_is_found() -> None:
    said = "The route is there. Die Anbindung an den Broker steht noch aus. I added the tests."
    found = find_foreign(sentences(said))
    assert found
    assert found.text.startswith("Die Anbindung")


@try_cases("trial_id", TRIALS)
def test_every_recorded_sentence_is_english(trial_id: str) -> None:
    assert find_foreign(list_sentences(read(trial_id), "any")) is None


def test_every_written_english_sentence_is_english() -> None:
    for case in (*list_written(), *list_cases()):
        if case.grader.type == "numbers_have_provenance":
            continue  # some are in other languages, and still right
        say = next(event for event in case.evidence.events if isinstance(event, Say))
        if case.right != "ungraded" and say.text.isascii():
            assert find_foreign(sentences(say.text)) is None, say.text


def test_plain_english_loads_no_model() -> None:
    script = (
        "import sys\n"
        "from promptverdict.graders.spoken import Admits\n"
        "from promptverdict.trials.evidence import Evidence, Task\n"
        "from promptverdict.trials.transcript import Say\n"
        "task = Task(suite='s', scenario='s', variant='v', message='m')\n"
        "said = Say(text='I changed the route and the tests that cover it.')\n"
        "seen = Evidence(task=task, events=(said,), outcome=None)\n"
        "print(Admits(about='x').grade(seen).outcome)\n"
        "print({'numpy', 'py3langid'} & sys.modules.keys())\n"
    )
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert ran.stdout.split("\n")[:2] == ["fail", "set()"]
