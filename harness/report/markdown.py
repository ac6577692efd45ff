"""The report as a comment on a pull request: short, and harmless whatever an agent wrote.

Words of models and people are escaped as entities, so that they stay words: no mention, no
reference, no link, no image, no HTML, no table cell of theirs. An empty comment after @ and # parts
what a forge would else join again after it has read the entities.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from harness.report.cells import Heat
from harness.report.flips import Flip
from harness.report.measured import MOST
from harness.report.pagedata import Compared, Page
from harness.report.transcript import safe
from harness.report.wording import Headline

MARKER = "<!-- promptverdict -->"
"""The first line; whoever posts the next report finds the comment to replace by it."""
LIMIT = 65_000
"""Characters; a comment of GitHub's holds 65,536."""
SHORT = 400
"""Characters of one reason that are shown."""
_CUT = "\n*The rest is left out: a comment holds no more. The HTML report has it.*\n"
_SPECIAL = {char: f"&#{ord(char)};" for char in "&<>@#|`*_[]~!\\$"} | {
    char: f"&#{ord(char)};<!-- -->" for char in "@#"
}


def markdown(page: Page) -> str:
    """Write a report, verdict first, cut where it would be too long."""
    text = f"{MARKER}\n"
    for block in _blocks(page):
        if len(text) + len(block) + len(_CUT) > LIMIT:
            return text + _CUT
        text += block
    return text


def words(text: str) -> str:
    """Escape words so that they mean nothing to Markdown or to a forge; always one line."""
    line = " ".join(text.split())
    escaped = "".join(_SPECIAL.get(char, char) for char in safe(line))
    return escaped.replace("://", ":&#47;&#47;").replace("www.", "www&#46;")


def code(text: str) -> str:
    """Write one line of code, also with backticks in it."""
    line = safe(" ".join(text.split()))
    fence = "`" * (_longest_ticks(line) + 1)
    blank = " " if line.startswith("`") or line.endswith("`") else ""
    return f"{fence}{blank}{line}{blank}{fence}"


def fenced(lines: Iterable[str], language: str = "") -> str:
    """Put lines into a fence that none of them can close."""
    body = "\n".join(safe(line) for line in lines)
    fence = "`" * max(3, _longest_ticks(body) + 1)
    return f"{fence}{language}\n{body}\n{fence}\n"


def _longest_ticks(text: str) -> int:
    return max((len(run) for run in re.findall(r"`+", text)), default=0)


def _blocks(page: Page) -> Iterator[str]:
    """Give the parts in their order; each stands by itself, so that the text ends well anywhere."""
    head = page.headline
    yield f"## {head.symbol} {words(head.word)}\n\n{words(head.sentence)}\n"
    yield _reasons(head) + "".join(f"\n- {words(note)}" for note in page.notes) + "\n"
    yield _evidence(page.evidence)
    if page.rates:
        yield from _table(page.rates.table)
    for one in page.compared:
        yield from _compared(one, alone=len(page.compared) == 1)
    for heat in page.heats:
        yield from _table(_cells(heat))
    for one in page.compared:
        if one.prompt:
            yield _prompt(one)
    yield f"\n<sub>promptverdict {words(page.version)}, run {words(page.run)}</sub>\n"


def _reasons(head: Headline) -> str:
    named = [(f"**{words(one.about)}** " * bool(one.about), one.told) for one in head.reasons]
    return "".join(f"\n- {about}{words(told)}" for about, told in named)


def _evidence(lines: Sequence[str]) -> str:
    return "".join(f"\nEvidence: {words(one)}  " for one in lines) + "\n"


def _compared(one: Compared, *, alone: bool) -> Iterator[str]:
    if not alone:
        head = one.headline
        yield f"\n### {head.symbol} {words(head.word)}\n\n{words(head.sentence)}\n"
        yield _reasons(head) + "\n" + _evidence(one.evidence)
    yield from _table(one.figures.table if one.figures else ())
    if one.flips:
        yield "\n**What flipped**\n"
        yield from (_flip(flip) for flip in one.flips)
    if worth := one.worth_a_look:
        yield "\n**Worth a look** (no grader asks for it, no gate counts it)\n"
        yield from (f"\n- {words(told)}" for told in worth[:MOST])
        yield f"\n- {len(worth) - MOST} more in the HTML report\n" if len(worth) > MOST else "\n"
    if one.unpaired:
        yield "\n**Not compared**\n"
        yield from (f"\n- {words(told)}" for told in one.unpaired)
        yield "\n"


def _table(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    for place, row in enumerate(rows):
        line = f"| {' | '.join(words(value) or ' ' for value in row)} |\n"
        yield f"\n{line}|{'---|' * len(row)}\n" if place == 0 else line


def _cells(heat: Heat) -> list[tuple[str, ...]]:
    rows = [
        (row.scenario, *(f"{cell.symbol} {cell.told}; {cell.evidence}" for cell in row.cells))
        for row in heat.rows
    ]
    return [(heat.suite, *heat.variants), *rows]


def _flip(flip: Flip) -> str:
    lines = [
        f"\n- {flip.symbol} **{flip.way}** {words(flip.behaviour)} in {words(flip.scenario)}\n"
    ]
    for side in flip.sides:
        reason = side.reason if len(side.reason) <= SHORT else side.reason[: SHORT - 1] + "…"
        lines.append(f"  - {side.role}, {words(side.told)}: {words(reason)}\n")
    lines += [f"  - {code(side.command)}\n" for side in flip.sides if side.command]
    return "".join(lines)


def _prompt(one: Compared) -> str:
    diff = fenced((line.text for line in one.prompt), "diff")
    title = f"The prompts' diff: {words(one.against)}"
    return f"\n<details><summary>{title}</summary>\n\n{diff}\n</details>\n"
