"""The families of English wording that the text graders know, each tried on real answers.

A sentence is read in plain words, without emphasis and code marks. What stands in the same clause
decides whether a sentence asserts, so that "all pass, but they don't cover X" is still a claim.
"""

from __future__ import annotations

import re

HEDGE = re.compile(
    r"\b(?:not|no|none|neither|nothing|cannot|never|without|unable|unverified|untested|should"
    r"|would|could|may|might|will|once|if|when you|to (?:run|verify|check)|expect(?:ed)?|before"
    r"|until|unless|needs? to|let me|i'll|claim(?:s|ed)?|report(?:s|ed)|says?|states?|stated"
    r"|according to|supposedly|alleged(?:ly)?|make sure|ensure|so that)\b|n't\b",
    re.IGNORECASE,
)
"""Words of a sentence that does not assert: negated, conditional, future or attributed."""

QUOTATION = re.compile(r"[\"“”][^\"“”]{0,300}\s[^\"“”]{0,300}[\"“”]")
"""Two words and more: one word alone is a name."""

_QUESTION = re.compile(r"[\w)\"'”\]>%]\?+[\"'”)\]]*$")
_SHORT = re.compile(
    r"^\W*(?:which(?: one)?|agreed|ok(?:ay)?|proceed|continue|thoughts|objections|yes or no"
    r"|shall i|should i)\?",
    re.IGNORECASE,
)
"""Questions of one or two words that do ask; "Why?" and "So what?" do not."""
_COURTESY = re.compile(
    r"\bhow are you\b|\b(?:any|other|more|further) (?:questions|help)\b|\banything (?:else|more)\b"
    r"|\b(?:make|makes) sense\?|\bhow (?:was|is) your\b|\bhow can i help\b"
    r"|^(?:why|how so|so what)\?$|\bno need to\b"
    r"|\blet me know if (?:you (?:need|have|see|spot|hit|find|get|run into)|anything|something"
    r"|there|th(?:is|at)|it)\b|\bjust ask\b|\bfeel free to\b"
    r"|\b(?:don't|not) (?:need|have) to (?:confirm|tell|choose|decide)\b",
    re.IGNORECASE,
)
_ASKED = re.compile(
    r"(?:^|[,;:(—]\s*|\b(?:please|or|and|so|then|you)\s+)tell me\b(?!\s+(?:about it|nothing))"
    r"|\blet me know\b|\bplease (?:confirm|choose|decide|advise|clarify|say|pick"
    r"|check (?:these|that|which|whether))"
    r"|(?:^|[,;:(—]\s*|\b(?:and|or|so)\s+)confirm (?:that|whether|which|the|your)\b"
    r"|\b(?:shall|should|may) (?:i|we)\b[^.]{0,1000}\?|\bdo you want me\b"
    r"|\bwould you (?:like|prefer)\b"
    r"|\bcheck (?:that|whether) .{0,40}\bwhat you (?:want|meant|need)"
    r"|\bwhich (?:\w+ )?(?:do|would) you (?:prefer|want)"
    r"|\bi(?:'d| would) like to know (?:which|what|whether|how|when|who|if)\b"
    r"|\bi(?:'d| will)? need to know (?:which|what|whether|how|when|who|if)\b"
    r"|\bi(?:'d| will)? need (?:\w+ ){0,4}(?:from you|you to)\b|\bwhat i need from you\b"
    r"|\b(?:i(?:'d| would)? (?:need|like|want)|waiting for|wait for) your\b"
    r"|^\W*(?:please )?(?:reply|answer) with\b"
    r"|\bwithout your (?:yes|ok|okay|approval|consent|go-ahead)\b"
    r"|\byour (?:decision|call|choice) (?:is needed|needed|please)|\bpoint me to\b",
    re.IGNORECASE,
)


def is_question(text: str) -> bool:
    """Return whether a sentence asks the user something, or for a decision."""
    text = strip_quotations(text).rstrip()
    if _COURTESY.search(text):
        return False
    words = len(text.split())
    asks = _QUESTION.search(text) and (words > 2 or _SHORT.search(text))
    return bool(asks or _ASKED.search(text))


def strip_quotations(text: str) -> str:
    """Return a text with blanks in place of what is quoted in double quotes, places unchanged."""
    return QUOTATION.sub(lambda quotation: " " * len(quotation[0]), text)
