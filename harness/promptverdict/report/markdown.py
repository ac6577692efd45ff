"""The report as a comment on a pull request: short, and harmless whatever an agent wrote.

Words of models and people are escaped as entities, so that they stay words: no mention, no
reference, no link, no image, no HTML, no table cell of theirs. An empty comment after @ and # parts
what a forge would else join again after it has read the entities.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from promptverdict.core.text import escape_text
from promptverdict.report.headline import Headline
from promptverdict.report.page.cells import Heat
from promptverdict.report.page.fingerprint import MOST
from promptverdict.report.page.flips import Flip
from promptverdict.report.page.model import Compared, Page

MARKER = "<!-- promptverdict -->"
"""The first line; whoever posts the next report finds the comment to replace by it."""
LIMIT = 65_000
"""Characters; a comment of GitHub's holds 65,536."""
SHORT = 400
"""Characters of one reason that are shown."""
MOST_FLIPS = 20
MOST_UNPAIRED = 20
_CUT = "\n*Something is left out: a comment holds no more. The HTML report has it.*\n"
_REFERENCE = re.compile(r"\b(GH-(?=\d)|(?=[0-9a-f]*\d)[0-9a-f]{4}(?=[0-9a-f]{3,36}\b))(\w)", re.I)
"""What a forge takes for a number of an issue or for a commit."""
_SPECIAL = {char: f"&#{ord(char)};" for char in "&<>@#|`*_[]~!\\$"} | {
    char: f"&#{ord(char)};<!-- -->" for char in "@#"
}


def markdown(page: Page) -> str:
    """Write a report, verdict first; of a part that would be too long, as much as fits."""
    text, cut = f"{MARKER}\n", ""
    foot = f"\n<sub>promptverdict {words(page.version)}, run {words(page.run)}</sub>\n"
    room = LIMIT - len(foot) - len(_CUT)
    for part in _parts(page):
        for block in part:
            if len(text) + len(block) > room:
                cut = _CUT
                break
            text += block
    return f"{text}{cut}{foot}"


def words(text: str) -> str:
    """Escape words so that they mean nothing to Markdown or to a forge; always one line."""
    line = " ".join(text.split())
    escaped = "".join(_SPECIAL.get(char, char) for char in escape_text(line))
    escaped = escaped.replace("://", ":&#47;&#47;").replace("www.", "www&#46;")
    return _REFERENCE.sub(r"\1<!-- -->\2", escaped)


def code(text: str) -> str:
    """Write one line of code, also with backticks in it."""
    line = escape_text(" ".join(text.split()))
    fence = "`" * (_longest_ticks(line) + 1)
    blank = " " if line.startswith("`") or line.endswith("`") else ""
    return f"{fence}{blank}{line}{blank}{fence}"


def fenced(lines: Iterable[str], language: str = "") -> str:
    """Put lines into a fence that none of them can close."""
    body = "\n".join(escape_text(line) for line in lines)
    fence = "`" * max(3, _longest_ticks(body) + 1)
    return f"{fence}{language}\n{body}\n{fence}\n"


def _longest_ticks(text: str) -> int:
    return max((len(run) for run in re.findall(r"`+", text)), default=0)


def _parts(page: Page) -> Iterator[Iterable[str]]:
    """Give the parts in their order, each as blocks of which any number from the first is whole."""
    head = page.headline
    yield [f"## {head.symbol} {words(head.word)}\n\n{words(head.sentence)}\n"]
    yield [_reasons(head) + "".join(f"\n- {words(_short(note))}" for note in page.notes) + "\n"]
    yield [_evidence(page.evidence)]
    if page.rates:
        yield _table(page.rates.table)
    for one in page.compared:
        yield from _compared(one, alone=len(page.compared) == 1)
    for one in page.compared:
        if one.prompt:
            yield [_prompt(one)]
    for heat in page.heats:
        yield _table(_cells(heat))


def _reasons(head: Headline) -> str:
    named = [(f"**{words(one.about)}** " * bool(one.about), one.told) for one in head.reasons]
    return "".join(f"\n- {about}{words(_short(told))}" for about, told in named)


def _evidence(lines: Sequence[str]) -> str:
    return "".join(f"\nEvidence: {words(_short(one))}  " for one in lines) + "\n"


def _short(told: str) -> str:
    return told if len(told) <= SHORT else f"{told[: SHORT - 1]}…"


def _compared(one: Compared, *, alone: bool) -> Iterator[Iterable[str]]:
    if not alone:
        head = one.headline
        told = f"\n### {head.symbol} {words(head.word)}\n\n{words(head.sentence)}\n"
        yield [f"{told}{_reasons(head)}\n{_evidence(one.evidence)}"]
    yield _table(one.figures.table if one.figures else ())
    if one.flips:
        yield _flips(one.flips)
    if one.worth_a_look:
        title = "\n**Worth a look** (no grader asks for it, no gate counts it)\n"
        yield _listed(title, one.worth_a_look, MOST)
    if one.unpaired:
        yield _listed("\n**Not compared**\n", one.unpaired, MOST_UNPAIRED)


def _flips(flips: Sequence[Flip]) -> Iterator[str]:
    yield "\n**What flipped**\n"
    yield from (_flip(flip) for flip in flips[:MOST_FLIPS])
    if len(flips) > MOST_FLIPS:
        yield f"\n- {len(flips) - MOST_FLIPS} more in the HTML report\n"


def _listed(title: str, told: Sequence[str], most: int) -> Iterator[str]:
    yield title
    yield from (f"\n- {words(_short(one))}" for one in told[:most])
    yield f"\n- {len(told) - most} more in the HTML report\n" if len(told) > most else "\n"


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
        lines.append(f"  - {side.role}, {words(side.told)}: {words(_short(side.reason))}\n")
    lines += [f"  - {code(side.command)}\n" for side in flip.sides if side.command]
    return "".join(lines)


def _prompt(one: Compared) -> str:
    diff = fenced((line.text for line in one.prompt), "diff")
    title = f"The prompts' diff: {words(one.against)}"
    return f"\n<details><summary>{title}</summary>\n\n{diff}\n</details>\n"
