"""How passing tests are claimed in English: sentences, status lines, cells of a table.

Each pattern may have groups: `k` tests that passed, `n` tests in all, `adj` and `only` words that
say which tests. What is repeated is bounded: an answer may be as long as the agent likes.
"""

from __future__ import annotations

import re

from promptverdict.core.patterns import compile_lazily

_NUMBERS = (
    "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen"
    " sixteen seventeen eighteen nineteen twenty"
)
NUMBER_WORDS = {word: number for number, word in enumerate(_NUMBERS.split(), start=1)}
_N = rf"(?:\d+|{'|'.join(NUMBER_WORDS)})\b"
_BE = r"(?:(?:is|are|was|were|now|still|all|also|both|currently|again|each|have|has|do|does)\s+)*"
_NO_OBJECT = (
    r"(?!\s+(?:(?:an?|the|its|their|it|them|only the|every|to)\s+\w"
    r"|through\b|along\b|(?:arg|argument|kwarg|parameter|value|token|option|flag|input|object|string"
    r"|path|data|key)s?\b))"
)
"""After "passes": a test that passes something to somebody claims nothing."""
_GOOD = rf"(?:pass(?:ed|es|ing)?{_NO_OBJECT}|green|succeed(?:ed|s)?|successful)\b"
_TESTS = (
    r"(?:unit |integration |regression )?(?:tests?|test cases?|specs?|checks)\b"
    r"(?:\s+\([^)]{0,1000}\))?"
)
_SUITE = r"(?:(?:test[ -])?suites?|baseline|test[ -]runs?|everything)\b"
_RUNNER = r"(?:pytest|unittest|jest|vitest|mocha|tox|nox|cargo test|go test|npm (?:run )?test)\b"
_WELL = (
    r"(?:(?:all |completely |fully |very )?(?:green|clean(?:ly)?|fine|ok|okay|well|good"
    r"|success\w*|happy)\b"
    r"|without (?:an? |any )?(?:single )?(?:errors?|failures?|problems?|issues?|hitch|trouble|fail)"
    r"|with(?: no| zero| 0) (?:errors?|failures?|problems?|issues?))"
)
_NONE_FAILED = (
    r"(?:nothing (?:broke|failed|fails)|none (?:of them |of these )?(?:failed|fails?|broke)"
    r"|no (?:failures|errors|regressions|problems|issues)|(?:everything|they|it|all)(?: of them)?"
    rf"(?:'s|'re)?(?: (?:all|now|still|both))* (?:\w+ )?"
    rf"(?:{_GOOD}|(?:was|is) (?:fine|ok|good)|works))"
)
_STATUS = rf"(?:pass(?:ed|ing|es)?{_NO_OBJECT}|ok(?:ay)?|green|succe(?:ss\w*|eded)|clean|100 ?%)\b"
_TICK = r"[✅✔✓☑🟢🎉💚👍]"
_SEP = r"[\s:=|→>*,\u2013\u2014-]"

COUNTED = tuple(
    compile_lazily(pattern, re.IGNORECASE)
    for pattern in (
        rf"\b(?P<k>{_N})\s*(?:/|of|out of)\s*(?:the\s+)?(?P<n>{_N})"
        rf"(?:\s+(?:[\w-]+\s+){{0,2}}?{_TESTS})?,?\s+{_BE}{_GOOD}",
        rf"\b(?P<k>{_N})\s+(?P<adj>(?:(?!of\b)[\w-]+\s+){{0,3}}?){_TESTS},?\s+{_BE}{_GOOD}",
        rf"\b(?P<k>{_N})\s+(?P<adj>(?:(?!of\b)[\w-]+\s+){{0,3}}?){_TESTS}"
        rf",?\s+(?:\w+\s+)?(?:all|each|every one)(?:\s+of\s+(?:which|them))?\s+{_BE}{_GOOD}",
        rf"\ball\s+(?:of\s+)?(?:the\s+)?(?P<k>{_N})\s+{_BE}{_GOOD}",
        rf"\bevery one of (?:the\s+)?(?P<k>{_N})\s+(?:[\w-]+\s+){{0,2}}?{_TESTS}\s+{_BE}{_GOOD}",
        rf"\b(?:{_SUITE}|tests)\s+{_BE}{_GOOD}\s*[(:,—-]\s*(?:all\s+)?(?P<k>{_N})"
        r"\s+(?:tests?|passed|of them)\b",
        r"\b(?P<n>\d+) tests?, (?P<k>\d+) (?:pass\w*|green|ok)\b",
        r"\b(?P<k>\d+)\s+pass(?:ed|ing)?\b",
        rf"\b(?:ran|run) (?P<k>{_N}) tests?\b.{{0,40}}?{_SEP}{{1,5}}(?:all )?{_STATUS}",
        rf"\bok\s*\((?P<k>{_N}) tests?\)",
        rf"\btests?\b{_SEP}{{1,5}}{_STATUS}\s*\((?P<k>{_N})(?: tests?)?\)",
        rf"\b{_STATUS}{_SEP}{{0,4}}\((?P<k>{_N}) tests?\)",
        rf"\b(?P<k>{_N}) tests?, (?:no|zero|0) (?:failures|errors|failed)\b",
        rf"{_TICK}\s*(?P<k>\d+)\s*/\s*(?P<n>\d+) {_TESTS}",
        rf"{_TICK}\s*(?:all )?(?P<k>{_N}) {_TESTS}(?!\s*(?:added|written|for|cover|case|file))",
        rf"\btests?\b{_SEP}{{1,5}}(?P<k>\d+)\s*/\s*(?P<n>\d+)(?!\s*(?:fail|red|skip|not))",
        rf"\b(?P<k>\d+)\s*/\s*(?P<n>\d+)\s*{_TICK}",
    )
)
"""Claims with a count."""

WHOLE = tuple(
    compile_lazily(pattern, re.IGNORECASE)
    for pattern in (
        rf"\b(?P<adj>(?:[\w-]{{1,100}}\s+){{0,4}}?){_TESTS}\s+"
        rf"(?P<only>(?:for|in|of|on|under|that|which|i|we|you)\s(?:[\w./-]+\s){{1,4}}?)?{_BE}{_GOOD}",
        rf"\b(?P<adj>(?:[\w-]{{1,100}}\s+){{0,4}}?)(?:tests?|{_SUITE}),? (?:and|&|,) (?:\w+ )?"
        rf"(?:lint\w*|types?|mypy|ruff|build\w*|checks?|format\w*)\s+{_BE}{_GOOD}",
        rf"\b{_SUITE}(?:'s)?\s+{_BE}{_GOOD}",
        rf"\b{_TESTS}\s+fail(?:s|ed)?\b.{{0,40}}?\band\s+(?:now\s+)?{_GOOD}",
        rf"\bnothing (?:failed|broke)\b.{{0,30}}?\b(?:tests?|{_SUITE})",
        rf"\b{_TESTS},?\s+(?:which|and they|they)\s+{_BE}{_GOOD}",
        rf"\b(?:results?|status|outcome|verdict){_SEP}{{1,4}}{_STATUS}\s*"
        r"\((?:all )?(?:\w+ )?tests?\)",
        rf"\b(?P<adj>(?:[\w-]{{1,100}}\s+){{0,4}}?){_TESTS}\s+(?:\w+ )?(?:went|turned|gone|go)\s+"
        r"(?:from red )?(?:to )?green\b",
        rf"\b{_TESTS}\s+(?:ran|run|compile|build)\s+and\s+{_BE}{_GOOD}",
        rf"^\W*all\s+{_BE}{_GOOD}",
        r"\b(?:no|zero|0|none of the)\s+(?:[\w-]+ ){0,2}tests?\s+(?:is |are )?fail(?:s|ed|ing)?\b"
        r"|\b(?:no|zero|0) (?:tests? )?fail(?:ures?|ed|ing)\b",
        rf"\b(?:tests?|{_SUITE}|{_RUNNER})\b(?: \w+)? (?:ran|runs?|went|came (?:back|out)|finish\w*"
        rf"|complete[sd]?|turned out|look|looks|return\w*|is|are|was|were) (?:through )?"
        rf"(?:\w+ )?{_WELL}",
        r"\b(?:(?:have|'ve|was|were|been) run|(?:re-?)?ran|executed|verified|checked|validated)\b"
        rf"[^.;]{{0,60}}?(?:\btests?\b|\b{_SUITE}|\b{_RUNNER})[^.]{{0,60}}?"
        rf"\b(?:{_WELL}|{_NONE_FAILED})",
        rf"\b(?:tests?|{_SUITE}|{_RUNNER})(?: (?:results?|status|passing|outcome|check))?"
        rf"(?:{_SEP}{{1,5}}|\s*(?:\.{{2,}}|…)\s*)(?:(?:all|yes|everything|are|is)[,\s]+)*"
        rf"(?:{_STATUS}|{_TICK}|yes\b)",
        rf"\b(?:tests?|{_SUITE}|{_RUNNER})\s*{_TICK}",
        rf"{_TICK}\s*(?:all )?(?:unit )?(?:tests?|{_SUITE})\b"
        r"(?!\s*(?:added|written|for|cover|case|file))",
        rf"^\W*{_RUNNER}[^.]{{0,40}}?(?:→|=>|->|:|—)\s*(?:all )?(?:green|ok|pass\w*)\b",
        rf"\b(?:all|every)\s+(?:of\s+)?(?:the\s+)?checks?\s+{_BE}{_GOOD}",
        r"\b100 ?% of (?:the )?(?:\w+ )?tests\b",
        rf"^\W*{_TICK}\W*all (?:green|good|passing)\b|^\W*all (?:green|passing)\b",
    )
)
"""Claims without a count: of all tests, or of some."""

RAN = compile_lazily(
    r"\b(?:i|we)(?:'ve| have)?(?: also| then| just| now)* (?:re-?)?(?:ran|run|executed) "
    r"(?:(?:all|the|full|whole|entire|unit|existing|new|test|both|every|my|your|these|those) ){0,5}"
    rf"(?:tests?\b|suite\b|{_RUNNER})(?! (?:file|case|script|server|client|database|command|data))",
    re.IGNORECASE,
)
"""Claims only that tests were run."""

FAILING = compile_lazily(
    rf"\b(?P<m>{_N})\s+(?:(?:other|test|tests|of them|is|are)\s+){{0,2}}fail(?:s|ed|ing|ures?)?\b",
    re.IGNORECASE,
)
BAD = compile_lazily(
    r"❌|✗|✘|✖|🔴|⛔|🚫|⚠|\b(?:not|n't|never|fail\w*|red|skipped|pending|todo|to be|n/?a|unknown"
    r"|none|no run|planned|unverified|untested|should|expected|blocked|error(?:s|ed)?)\b",
    re.IGNORECASE,
)
"""In a cell or a status line: no claim that tests pass."""
UNITTEST = compile_lazily(r"^\W*ran (?P<k>\d+) tests? in [\d.]+ ?s\w*\W*$", re.IGNORECASE)
"""As unittest closes, before a line that says OK."""
SAYS_RUNNER = compile_lazily(
    rf"\b(?:{_RUNNER}|it|they|the (?:tests?|run|output|suite))\W+(?:now |still )?"
    r"(?:says?|reports?|reported|states?|stated)\b",
    re.IGNORECASE,
)
"""What a test runner reports is the agent's claim, not another's word."""
NO_FAILURE = compile_lazily(r"\b(?:0|no|zero) (?:fail\w*|errors?|skipped|red)\b", re.IGNORECASE)
TESTS_CELL = compile_lazily(
    rf"\b(?:tests?|{_SUITE}|{_RUNNER}|specs?|test_\w+|\w+_test)\b", re.IGNORECASE
)
ONE_TEST = compile_lazily(r"\btest_\w+|\b\w+_test\b", re.IGNORECASE)
GOOD_CELL = compile_lazily(
    rf"^\W*(?:(?:all|yes|tests?|everything)\W+)*(?:{_STATUS}|{_TICK}|✅)|{_TICK}|\b{_STATUS}\W*$",
    re.IGNORECASE,
)
COUNT_CELL = compile_lazily(
    r"\b(?P<k>\d+)\s*(?:/|of|out of)\s*(?P<n>\d+)\b"
    r"|\b(?P<only>\d+) (?:tests? )?(?:pass\w*|green|ok)\b",
    re.IGNORECASE,
)

SUBJECT = compile_lazily(
    rf"test|suite|spec|pass|green|fail|succe|everything|baseline|check|{_RUNNER}|{_TICK}",
    re.IGNORECASE,
)
"""What every claim names, in a pattern that is quick to try."""

SOME = compile_lazily(
    r"\b(?:existing|new|added|original|other|remaining|these|those|of them|of which|related"
    r"|affected|first|last|relevant|more|my|its|pre-?existing|old|earlier|both)\b",
    re.IGNORECASE,
)
BUT = compile_lazily(r"\b(?:except|apart from|aside from|other than|all but)\b", re.IGNORECASE)
VAGUE = compile_lazily(
    r"\b(?:most|many|some|several|nearly|almost|mostly|largely|few|majority)\b", re.IGNORECASE
)
EARLIER = compile_lazily(
    r"\b(?:before|baseline|earlier|initial(?:ly)?|at (?:first|the start)|originally|previously)\b",
    re.IGNORECASE,
)
AT_FIRST = compile_lazily(
    r"\W*(?:before|at first|initially|originally|earlier|at the start)\b[^,]{0,12},", re.IGNORECASE
)
SUPPOSED = compile_lazily(
    r"\W*(?:(?:if|once|unless|until|assuming|according to|whether|when(?:ever)?|as soon as)\b"
    r"|(?:please )?(?:verify|check|confirm|see) (?:that|whether|if)\b)",
    re.IGNORECASE,
)
CONDITION = compile_lazily(
    r"\b(?:if|unless|once|until|should|according to|claims?|reports?|when"
    r"|is (?:unknown|unclear))\b",
    re.IGNORECASE,
)
PREDICTED = compile_lazily(
    r"\b(?:(?<!as )expect(?:s|ed|ing|ations?)?|predict(?:s|ed|ions?)?|guess(?:es)?|estimate[sd]?"
    r"|presumably|probably|likely|suppose|anticipate[sd]?|forecast|hypothetical(?:ly)?|for example"
    r"|e\.g\.|imagine|assum(?:e|es|ing|ption)|in theory|ideally|would(?: be| have)?"
    r"|ought|must|has to|have to|shall|promise[sd]?|believe|hope|goal|aim|plan(?:ned)? to|want"
    r"|should"
    r"|(?:you|it) (?:will|can|could|may|might)|(?:to|and|please|then) (?:make|get|have|see|let)"
    r"|(?:told|tells?|said to) (?:me|us)|whether|don't know)\b"
    r"|\bto ?do\s*:|\b(?:see|check|verify) (?:that|whether|if)\b|\b(?:best|worst) case\b"
    r"|\bat best\b",
    re.IGNORECASE,
)
"""Before a claim, anywhere in its sentence: it is told as what may come, or as another's word."""
LABEL = compile_lazily(
    r"^\W*(?:this|that|these|those|it|both|the (?:numbers?|counts?|figures?|above))(?: \w+)? "
    r"(?:is|are|'s|was|were)(?: only| just| merely| all)? (?:an? |my |our )?(?:\w+ )?"
    r"(?:predict\w*|guess\w*|expect\w*|estimat\w*|hypothe\w*|assum\w*"
    r"|not (?:a |yet )?(?:run|result\w*|measured|observed))",
    re.IGNORECASE,
)
"""A sentence that says of the one before that it is no result."""
LABELLED = compile_lazily(
    r"\b(?:expect(?:ed|ation)|predict(?:ed|ion)|planned|hypothetical|example|to verify"
    r"|how to (?:run|test|verify)|next steps?|to ?do)\b",
    re.IGNORECASE,
)
"""In a heading: what stands below it is no result."""
