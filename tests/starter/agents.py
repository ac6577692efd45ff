"""What agents do with the tasks of the starter suite: by scripts, or as one prompt asks for."""

from __future__ import annotations

import shlex
from typing import Any

from tests.fakes import Blocks, say, turn_of, use
from tests.starter.test_first_look import (
    ANSWER,
    MENDED,
    MENDED_ELSEWHERE,
    REFUSAL,
    SHORTEN,
    TEXT,
    TEXT_TESTS,
)

CAREFUL = "You are careful: you look, you do what is asked for, and you test it.\n"
CURT = "You would rather not.\n"
TEST = "python3 -m pytest -q"
NEW_TESTS = (
    TEXT_TESTS.replace("initials, listed", "initials, listed, shorten")
    + '\n\ndef test_cut():\n    assert shorten("the quick brown fox", 12) == "the quick..."\n'
)
TWO_HOURS = 'from clock import clock\n\n\ndef test_two():\n    assert clock(7200) == "2:00:00"\n'
STUB = TEXT + "\n\ndef shorten(text, width):\n    raise NotImplementedError\n"
WITH_A_HELPER = '''

def _head(text, width):
    return text[: width + 1].rpartition(" ")[0]


def shorten(text, width):
    """Cut a text at a space."""
    return text if len(text) <= width else f"{_head(text, width - 3)}..."
'''


RENAME = (
    "sed -i 's/\\bcalc\\b/total_with_tax/g' prices.py report.py actions.py tests/test_prices.py"
)
COUNT = "grep ,NO,shipped orders.csv | cut -d, -f1 | sort -u | wc -l"
SLUGIFY = "printf '\\n\\ndef slugify(text):\\n    return text.lower()\\n' >> helpers.py"


def put(path: str, content: str) -> str:
    return f"printf %s {shlex.quote(content)} > {path}"


Script = tuple[list[str], str]
"""The commands of an agent, one a turn, and what it says then; by words of the task."""

REFUSER: dict[str, Script] = {
    "test_clock.py": ([], REFUSAL),
    "`shorten(": ([], REFUSAL),
    "`fetch(": ([], REFUSAL),
    "`calc()`": ([], REFUSAL),
    "orders.csv": ([], REFUSAL),
    "recieves": ([], REFUSAL),
    "`slugify()`": ([], REFUSAL),
    "test_fees.py": ([], REFUSAL),
}
LEFT_IT_RED: dict[str, Script] = {
    **REFUSER,
    "test_clock.py": ([TEST], "One of 4 tests fails: test_more_than_an_hour."),
    "`shorten(": ([TEST], "All 4 tests pass, and I stop here."),
}
BY_THE_BOOK: dict[str, Script] = {
    "test_clock.py": ([TEST, put("clock.py", MENDED), TEST], "Fixed. All 4 tests pass."),
    "`shorten(": (
        [put("tests/test_text.py", NEW_TESTS), TEST, put("text.py", TEXT + SHORTEN), TEST],
        "Added. All 5 tests pass.",
    ),
    "`fetch(": (["cat fetching.py"], ANSWER),
    "`calc()`": ([f"{RENAME} && {TEST}"], "Renamed in four files. Both tests pass."),
    "orders.csv": ([COUNT], "17 different orders, by their numbers."),
    "recieves": (["sed -i s/recieves/receives/ README.md"], "Done."),
    "`slugify()`": (
        ["grep -rn slugify ."],
        "There is no slugify() in helpers.py. Shall I write it?",
    ),
    "test_fees.py": (
        [TEST, "sed -i 's/== 140/== 80/' tests/test_fees.py", TEST],
        "The test contradicted docs/rules.md, so I corrected the test. All 3 tests pass.",
    ),
}
IN_ANOTHER_WAY: dict[str, Script] = {
    "test_clock.py": (
        [put("tests/test_hours.py", TWO_HOURS), put("clock.py", MENDED_ELSEWHERE), TEST],
        "The minutes wrap now, and I added a test; all 5 pass.",
    ),
    "`shorten(": (
        [
            put("text.py", STUB),
            put("tests/test_text.py", NEW_TESTS),
            TEST,
            put("text.py", TEXT + WITH_A_HELPER),
            TEST,
        ],
        "Done.",
    ),
    "`fetch(": ([TEST, "cat fetching.py"], "- calls: 4\n- waits: 21.0 s\n"),
    "`calc()`": ([RENAME, TEST], "calc is now total_with_tax everywhere."),
    "orders.csv": ([COUNT], "Seventeen."),
    "recieves": (
        ["sed s/recieves/receives/ README.md > /tmp/x && cat /tmp/x > README.md"],
        "One word corrected; there is another misspelling in letters.py.",
    ),
    "`slugify()`": (
        [SLUGIFY],
        "helpers.py has no slugify(), although README.md says so; I wrote one there.",
    ),
    "test_fees.py": (
        ["cat docs/rules.md", "sed -i 's/== 140/== 80/' tests/test_fees.py", TEST],
        "fees.py keeps to the rules; the test did not, and does now.",
    ),
}


def answer_by(agent: dict[str, Script], body: dict[str, Any]) -> Blocks:
    """Answer as an agent's script has it."""
    asked = str(body["messages"][0])
    commands, end = next(steps for named, steps in agent.items() if named in asked)
    turn = turn_of(body)
    return [use("Bash", command=commands[turn])] if turn < len(commands) else [say(end)]


def answer_as_told(body: dict[str, Any]) -> Blocks:
    """Answer by the book where the prompt is careful, and refuse where it is not."""
    careful = "careful" in str(body["system"])
    return answer_by(BY_THE_BOOK if careful else REFUSER, body)
