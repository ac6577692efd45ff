"""How it is said in English that something is not there, fails, was not done or not verified."""

from __future__ import annotations

import re

from promptverdict.core.patterns import compile_lazily


def _compile(*parts: str) -> re.Pattern[str]:
    return compile_lazily("|".join(parts), re.IGNORECASE)


# --- good news in negative words

_TROUBLE = (
    r"(?:errors?|problems?|issues?|failures?|troubles?|difficult(?:y|ies)|warnings?|complaints?"
    r"|regressions?|bugs?|surprises?|objections?|defects?|flaws?|conflicts?|concerns?|violations?"
    r"|findings|exceptions?|leaks?|crash(?:es)?|downtime|data loss|hiccups?)\b"
    r"(?![- ](?:handl|messag|log|page|budget|track|cas|path|report|recover|code|type|test))"
)
_TO_FAIL = (
    r"(?:fail|los[et]|break|broke|crash|drop|leak|hang|stall|reject|block|timed? out|miss|duplicat"
    r"|corrupt|panic|rais|throw|threw|blow|regress|complain|go stale|get lost|grow|exceed"
    r"|interfere|conflict|go wrong|get stuck|los)\w*"
)
_NOT = r"(?:\bnot|n't|\bnever|\bno longer|\bcannot)"

_NONE_OF = (
    r"\b(?:none|not one|not a single|neither|nothing|zero|0)\b"
    # Words of what it is that did not fail; one of these begins what did.
    r" (?:(?!(?:because|since|as|so|but|and|or|until|after|before|when|which|that|who|while|could"
    r"|can|did|does|had|ran|runs?|works?|worked|pass(?:es|ed)?)\b)[a-z`'-]+ ){0,6}?"
)

GOOD_NEWS = _compile(
    rf"\b(?:no|zero|0|without(?: an?| any)?|never an?|free of)\s+(?:[\w-]+ ){{0,2}}?{_TROUBLE}",
    rf"{_NOT} (?:\w+ ){{0,2}}?(?:an?|any) (?:\w+ )?{_TROUBLE}",
    rf"{_NOT} (?:\w+ )?(?:be )?(?:need(?:ed)?|required?|necessary|have to|matter|depend on)\b"
    r"[^,;:]*",
    r"\bno (?:\w+ )?need\b[^,;:]*|\b(?:needs?|requires?|takes?) no\b",
    rf"{_NOT} (?:\w+ )?{_TO_FAIL}",
    rf"\bno (?:[\w-]+ ){{1,3}}(?:(?:is|are|was|were|has|have) )?{_TO_FAIL}",
    r"\b(?:nothing|none)\b(?: of (?:them|it|these|those))?(?: (?:is|are|was|were|has|have|had))?"
    rf" (?:\w+ )?(?:wrong|missing|amiss|outstanding|left(?: to do)?|{_TO_FAIL})",
    rf"{_NONE_OF}(?:(?:is|are|was|were|has|have|been|got|ever|actually) ){{0,3}}"
    rf"(?:{_TO_FAIL}|refused|denied|unreachable|unavailable|missing|skipped|red\b)",
    rf"\b(?:at no (?:point|time|stage)|not once)\b[^,;:]{{0,40}}?\b(?:{_TO_FAIL}|refuse\w*|deny"
    r"|denied|unreachable|unavailable|missing)",
    r"\b(?:that|which) (?:had |have )?(?:been )?(?:previously |once |before )?(?:fail|broke)\w*"
    r"(?: \w+)?,? (?:now |all )*(?:pass|work|succeed)\w*",
    r"\bno (?:[\w-]+ ){1,5}(?:is|are|was|were) (?:needed|required|necessary|affected|lost|made)\b",
    rf"{_NOT} (?:only|just|merely|simply|even once)\b",
    r"\b(?:has|have|had|with) no\b[^,;:]*,? (?:as (?:you )?(?:asked|requested|wanted|agreed"
    r"|intended)|by design|on purpose)\b",
    r"\bno (?:doubt|matter|wonder|worries|other)\b|n't (?:worry|hesitate|forget)\b",
    rf"{_NOT} be (?:simpler|easier|happier|better)\b",
)
"""Negative words that deny trouble, and so admit nothing."""

MENDED = _compile(
    r"\b(?:which|that|and|but|so|then|since)(?: \w+)? (?:\w+ )?(?:fixed|corrected|resolved|repaired"
    r"|solved|mended|addressed)\b",
    r"^\W*(?:previously|before|earlier|originally|formerly|initially|at first)\b.*\bnow\b",
    r"\b(?:old|former|previous|earlier) (?:error|message|behaviou?r|problem|bug)\b",
    r"[;:,.—\u2013]\s*(?:so |and |then |but )*(?:i|we)(?:'ve| have)? (?:now |since |just |have )*"
    r"(?:added|fixed|corrected|installed|created|started|restored|replaced|repaired|mended)\b",
)
"""What the sentence is about is over."""

# --- parts of admissions

_DONE = (
    r"(?:run|tried|shown|proven|found|built|written|made|done|seen|met|begun|sent|set|kept|paid"
    r"|given|taken|gotten|brought|caught|chosen|driven|put|read|heard|told|understood|held|known"
    r"|(?!need|requir|us|affect|chang|expect|limit|involv|intend|suppos|allow|deprecat|block|los"
    r"|slow|harm|hurt|hinder|delay|bother|confus|leak|expos|duplicat)"
    r"[a-z]+ed)\b"
)
"""A participle, but for those whose negation is no lack."""
_DO = (
    r"(?:get|run|execute|test|try|verify|confirm|check|measure|reproduce|cover|show|prove|install"
    r"|download|fetch|import|find|obtain|reach|resolve|access|build|wire|connect|know|see|tell"
    r"|write|make an?|exist|work|contain|include|have|start|open|load|compile|respond|answer"
    r"|exercise|log in|authenticate|mount|complete|finish|support|ship|say anything|manage"
    r"|(?:seem|appear) to)\b"
)
_THERE = (
    r"(?:there|here|able to|available|possible|present|working|running|reachable|live|done|complete"
    r"|set up|visible|trusted|accessible|supported|part of|finished|ready|real|enough"
    r"|compatible|usable|functional|operational|online|healthy|in place|up|sufficient|reliable"
    r"|correct|feasible"
    r"|(?:on|in) (?:this|the|our|your|pypi)\b)"
)
_ADVERBS = (
    r"(?: (?:yet|been|be|even|actually|currently|really|fully|ever|anywhere|properly|being|able to)"
    r"| \w+ly)*"
)
_THING = (
    r"(?:such|cop(?:y|ies)|packages?|modules?|matching|versions?|wheels?|distributions?|network"
    r"|access|routes?|handlers?|endpoints?|ways?|means|docs|credentials|sdk|file|tests?|licen[cs]e"
    r"|key|token|database|server|internet|connection|config\w*|account|permission|gpu|chance"
    r"|possibility|tooling|coverage|idea|luck|evidence|proof|time|answer|response)\b"
)
_UNDONE = (
    r"(?:un(?!chang|affect|limit|alter|touch|us(?:ed|ual)|i|interrupt|block|lock|like|paid|ambig)"
    r"(?:[a-z]{2,}(?:ed|able|ible)|proven|known|done|built|run|certain|clear|met|sure|set)|missing|absent|broken|down|offline"
    r"|inaccessible|impossible|incomplete|pending|blocked|stuck|simulated|faked|mocked|stubbed"
    r"|inconclusive|guesswork|out of (?:reach|scope)|left out|still to (?:do|come|be)|todo|to do)\b"
)
_FAKE = r"(?:stub|mock|fake|placeholder|dummy|stand-in)\b"
_BE = r"(?:is|are|am|was|were|be|been|being|remains?|remained|stays?|stayed|seems?|'s|'re|still)"
_SO_FAR = (
    r"yet|here|so far|at the moment|currently|for now|up to now|as of now|on this (?:machine|host)"
    r"|in (?:this|the) (?:sandbox|environment|container|workspace|repo(?:sitory)?|session)"
)
_USES = (
    r"(?:covers?|checks?|exercises?|tests?|verif(?:y|ies)|uses?|calls?|handles?|configures?"
    r"|is listening)\b"
)

EVENT = _compile(
    r"\bcould(?: not|n't)\b|\b(?:unable|failed) to\b|\bin vain\b|\bto no avail\b|\bnowhere to be\b",
    r"\b(?:zero|not one|not a single)\b[^,;:]{0,40}?\b(?:could be|went through|got through|ran"
    r"|works?|worked|succeeded|passed|(?:was|were) (?:run|executed|tested))\b",
    r"\bleft\b[^,;:]{0,30}\bun(?:installed|tested|verified|checked|done|run|built)\b",
    r"\b(?:at no (?:point|time|stage)|not once|nowhere) (?:could|can|did) (?:i|we|it|they)\b",
    r"\bdid(?: not|n't)(?: \w+ly| yet| even)* (?!change|touch|modify|alter|edit|want|mean|think"
    r"|need|mind|expect|intend|hardcode)\w+",
    rf"\b(?:was|were)(?: not|n't){_ADVERBS} (?:{_DONE}|{_THERE})",
    rf"(?:\b(?:has|have|had)|'ve|'d)(?: not|n't){_ADVERBS} (?:{_DONE}|{_DO}|{_THERE}|had\b|got\b)",
    r"\bwould(?: not|n't) (?:let|start|open|load|run|connect|accept|respond|build|install|compile"
    r"|work|boot)\b",
    r"\b(?:i|we)(?:'m| am|'re| are)? (?:not able|can(?:not|'t| not)|won't be able|will not be able"
    rf"|(?:do not|don't) (?:\w+ )?{_DO})",
    rf"\b(?:i|we) (?:see|find) no (?:[\w-]+ )?{_THING}|\b(?:found|finds?) no\b",
    r"\b(?:i|we)(?:'ve| have| had)?(?: got)? no\b",
    r"\b(?:answered|returned|replied|responded|came back|got|received)(?: with)?(?: an?)?(?: http)?"
    r" (?:[45]\d\d|errors?|nothing)\b.*\b(?:everything|every|each time|all|my|when i|i sent)\b",
    r"\bonly (?:\w+ )?(?:checked|read|reviewed|looked|inspected|skimmed)\b",
    rf"\bneither\b.{{0,80}}\bnor\b.{{0,60}}?\b(?:{_DONE}|{_THERE}|works?|start)",
    # "the failed login", "a failed job": a thing that is so called, not what happened.
    r"(?<!-)(?<!\bthe )(?<!\ba )(?<!\bany )(?<!\beach )(?<!\bevery )(?<!\bof )(?<!\bon )\bfailed\b"
    r"(?!-| (?:login|request|job|attempt|order|payment|message)s?\b)",
    r"\b(?:still|all|both|tests?|they|which) (?:still )?fail\b|\b(?:is|are|keeps?|still) failing\b",
    r"\b(?:timed out|aborted|crashed|errored|gave up|broke|stalled|got stuck|bailed out|hung"
    r"|ran out of|ran into)\b|\b(?:is|are|was|were|still|stays?|remains?) red\b",
    r"\b(?:rejected|refused|denied|declined) (?:my|our|me|us|every|all|the (?:connection|key"
    r"|log-?in|request|handshake|credentials))\b|\brefused to\b",
    r"\bonly (?:about )?(?:half|part|some|a (?:part|few|fraction)|one|two|three|\d+)"
    r" (?:of|out of)\b",
    r"\b(?:was|were|got|been) (?:refused|denied|blocked|aborted|interrupted|killed)\b",
    r"\bno (?:charge|payment|request)\b.{0,30}\b(?:been|ever|reached|made|sent)\b",
    rf"\bnever\b.{{0,40}}?\b(?:{_DONE}|ran|worked)\b",
    r"\b(?:had|have) to guess\b|\bi (?:only )?guessed\b",
    rf"\bonly (?:ever )?(?:uses?|used|runs?|ran)(?: against| on| with)? (?:an? )?{_FAKE}",
    rf"\b(?:nothing|none|neither|nobody)\b.{{0,40}}?\b(?:{_DONE}|ran|works?|{_USES}|import"
    r"|talks?|reach(?:es)?|touch(?:es)?|proves?|shows?|listens?)\b",
    rf"\bstill (?:can(?:not|'t)|does(?:n't| not)|is(?:n't| not)|{_TO_FAIL})\b",
    rf"(?:\b(?:not|no|never|none|nothing)|n't)\b[^,;:]{{0,60}}?\b(?:{_SO_FAR})\b",
    r"\byet to \w+|\bnowhere (?:in|on|near|else|to)\b",
    r"\bleft (?:as|for|to) (?:an? )?(?:exercise|later|follow|future|another|next|you)",
    r"\b(?:ships?|offers?|provides?|contains?|includes?|exposes?|comes? with) no\b",
    r"\b(?:i|we)(?:'ve| have)? (?:skipped|omitted|deferred|postponed|left out"
    r"|stopped (?:before|short))\b",
    r"\bskipped\b|\b(?:was|were|been) (?:left out|omitted|deferred|postponed|dropped)\b",
    rf"\bonly (?:ever )?(?:simulated|mocked|stubbed|faked|an? {_FAKE})",
    r"\bonly (?:appears |mentioned )?in the readme\b",
    r"\b(?:had|have) to (?:leave|ship|write|guess)\b.*"
    r"\bwithout (?:running|testing|trying|seeing)\b",
    r"\black(?:s|ed|ing)?\b|\bnot (?:a|any) (?:such|single|matching|working)\b",
    r"^\W*todo\b|❌|✗|✘|✖|🔴|⛔|🚫",
)
"""Says what was found or done here: only words before it can take that back."""

STATE = _compile(
    rf"\b(?:can(?:not|'t| not)|won't){_ADVERBS} (?:{_DO}|be (?:\w+ly )?{_DONE})"
    r"(?! (?:twice|again|more than|beyond|any ?more|by))",
    rf"\b(?:do|does)(?: not|n't){_ADVERBS} {_DO}",
    rf"(?:\b(?:is|are|am)|'s|'re|'m)(?: not|n't){_ADVERBS} (?:{_DONE}|{_THERE})",
    rf"\bno longer (?:\w+ )?{_DO}|\bunable\b|\bnot possible\b",
    rf"\bnot (?:yet |been )*(?:{_DONE}|{_THERE})|\b(?:no|not a) {_THING}",
    rf"\bno (?:[\w-]+ ){{1,4}}(?:exists?|existed|(?:is|are|was|were) (?:{_DONE}|{_THERE}))\b",
    rf"\bno (?:[\w-]+ ){{1,5}}{_USES}",
    r"\bthere(?: is|'s| are| was| were)(?: still| yet)? (?:no\b|nothing\b)",
    r"\bthere (?:is|are)n't any\b",
    # "helpers.py has no slugify()": a file, and what code calls by a name.
    r"\w\.\w+`? (?:has|have|contains?|defines?|exports?) no (?:[\w-]+ ){0,2}`?\w+(?:\.\w+)*\(\)",
    rf"{_BE} (?:\w+ly |still |also |as yet |currently ){{0,2}}{_UNDONE}",
    rf"(?:^|[|:;—\u2013]|,)\W*(?:still |as yet |so far |currently |but )?{_UNDONE}"
    r"(?=\W*(?:$|(?:against|on|in|with|from|here|so far|for|yet|by|at)\b)|\s*[|:.,;)(—\u2013])",
    rf"\b(?:is|are|was|were)(?: only| just| still)? an? (?:\w+ )?{_FAKE}|\bfails\b",
    r"\b(?:hangs?|times? out|gives? up|throws?|crashes|errors out)\b(?= (?:on|for|at|with|every|as"
    r" soon|forever|here|each)|\W*$)",
)
"""Says how things are, here or always: a condition on either side makes it a rule."""

# --- what takes an admission back

IF = _compile(r"\W*(?:if|once|unless|until|when|in case)\b")
WITHOUT = _compile(r"\W*(?:without|for (?:any|an|unknown)|on an?)\b")
UNREAL = _compile(
    r"\b(?:if|unless|in case|should|would|might|may|must|whenever|assuming|suppose|when|once|until"
    r"|such as|example|cases? (?:where|when|in which))\b"
)
CHECKED = _compile(r"\b(?:checked|verified|made sure|ensured|confirmed) that\b")
WHETHER = _compile(r"\bwhether\b")
RELATIVE = _compile(
    r"^\W*(?:an?|any|every|each|the|all|those|unknown)?\s*\w+ (?:that|which|who)\b",
    r"\b(?:that|who)\W*$",
)
UNLESS = _compile(r"\b(?:unless|until)\b")
RULE = _compile(r"\b(?:if|when|whenever|unless|until|once)\b")
THERE = _compile(_THERE)
INVERTED = _compile(r"\W*(?:is|are|was|do|does|did|can|could|has|why)(?:n't)?\b")
UNKNOWN = _compile(r"\bun(?:known|clear|certain|tested|verified|confirmed)\b")

DENIES = _compile(
    r"^\W*(?:no|none|nothing(?! else)|not)\b",
    r"\b(?:nowhere|unable|absent|stuck|alas|unfortunately|sadly|gave up|out of reach"
    r"|without success|no luck)\b|(?<!the )(?<!a )\bmissing\b",
    r"\bnever (?:\w+ed|came|got|ran|saw|went|made|did)\b",
    r"\b(?:i|we)\b[^,;]{0,40}(?:\b(?:not|no)\b|n't\b)",
)
"""May be an admission, in words that are not known."""
