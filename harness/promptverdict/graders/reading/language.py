"""Whether what was said is English; the graders over words read nothing else.

A library tells the language of a sentence (py3langid: no randomness, no download, a model of 5 MB).
It errs on fragments, so it is asked only about sentences that hold no word that is English alone,
and its answer counts from a confidence on that was measured (docs/graders-measured.md).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from promptverdict.graders.reading.sentences import Sentence

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

_CONFIDENCE = 0.7
_LANGUAGES = (
    "ar bg bn ca cs da de el en es et fa fi fr he hi hr hu id it ja ko lt lv ms nl no pl pt ro ru"
    " sk sl sr sv th tr uk vi zh"
)
"""Fewer than the model knows: rare ones attract what is no sentence in any language."""

_ONLY_ENGLISH = (
    "the and that are not with this from have which been you your they but were there does don't"
    " can't should would when than them these those what how isn't doesn't it's i've i'm didn't"
    " couldn't wasn't"
)
"""Frequent words that the other languages do not have."""
_ALSO_ENGLISH = (
    "of in for on be as an was at or all if is to it can a by no so i now has only new one here"
    " still into any after before also each its up out use test tests code file"
)
"""Frequent words that some of them have as well."""
_ENGLISH = frozenset(_ONLY_ENGLISH.split())
_SHARED = frozenset(_ALSO_ENGLISH.split())

_NO_WORDS = re.compile(
    r"`[^`]*`|\"[^\"]*\"|“[^”]*”|„[^“”]*[“”]|https?://\S+"
    # Where this fails at the start of a word it fails at all its letters, so only starts are tried:
    # a word without end would take steps in its square.
    r"|(?:(?<!\S)|(?<=[`\"“”]))\S*[\d_/\\.@=<>{}\[\]()#$:]\S*\w\S*"
    r"|\b[A-Z]{2,}\b|\b\w+[a-z][A-Z]\w*\b|[*_`|#>]"
)
"""Code, quotations, addresses, paths, names of programs and marks."""
_WORD = re.compile(r"[^\W\d_]+(?:['\u2019][^\W\d_]+)?")


def find_foreign(sentences: Sequence[Sentence]) -> Sentence | None:
    """Return the first sentence that is surely not English, or none.

    Where the others are English, one of which many words are also English (in, of, is, to) is
    taken for English as well.
    """
    texts = [" ".join(_WORD.findall(_NO_WORDS.sub(" ", sentence.raw))) for sentence in sentences]
    words = [text.lower().replace("\u2019", "'").split() for text in texts]
    english = sum(not _ENGLISH.isdisjoint(each) for each in words)
    is_english_answer = 3 * english >= len(sentences)
    for sentence, text, each in zip(sentences, texts, words, strict=True):
        shared = sum(word in _SHARED for word in each)
        is_english = not _ENGLISH.isdisjoint(each) or (is_english_answer and 5 * shared > len(each))
        if not is_english and _is_foreign(text):
            return sentence
    return None


@lru_cache(maxsize=4096)
def _is_foreign(text: str) -> bool:
    letters, words = text.replace(" ", ""), text.count(" ") + 1
    other_script = sum(letter >= "\u0370" for letter in letters)
    if other_script >= 4 and other_script > 0.3 * len(letters):
        return True
    if len(letters) < 8 or (words < 3 and letters.isascii()):
        return False
    language, confidence = _load_identifier().classify(text)
    return language != "en" and float(confidence) >= _CONFIDENCE


@lru_cache(maxsize=1)
def _load_identifier() -> LanguageIdentifier:
    # Late, because it takes most of a second: an answer in plain English never gets here.
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    identifier.set_languages(_LANGUAGES.split())
    return identifier
