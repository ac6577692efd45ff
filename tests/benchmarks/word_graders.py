"""How often each grader over words is right. Run by hand: python -m tests.benchmarks.word_graders

Compares every grade with what a reader said (tests/word_corpus.py). Each outcome has a precision
(of those given, the share that is right) and a recall (of those due, the share given), with exact
95 % intervals. Sentences that the graders were made with are counted apart: only what was held out
and what was read of whole answers decides whether a grader may bind a promise.

--write puts the latter into the package (graders/measured.json) and the table into docs/.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from promptverdict.graders.admission import LEAST_PRECISION, LEAST_RECALL, Measure
from promptverdict.stats.agreement import compute_clopper_pearson

from tests.word_corpus import Case, list_cases, list_labelled, list_written

ROOT = Path(__file__).parents[2]
MEASURED = ROOT / "harness" / "promptverdict" / "graders" / "measured.json"
TABLE = ROOT / "docs" / "graders-measured.md"
BEGIN, END = "<!-- table -->", "<!-- end of table -->"

MADE_WITH = ("written.yaml", "later.yaml", "last.yaml")


@dataclass(frozen=True)
class Corpus:
    """Cases that are counted together."""

    name: str
    cases: tuple[Case, ...]
    decides: bool
    """Whether a grader was made without it."""


def list_corpora() -> list[Corpus]:
    """List the corpora, those that decide first."""
    made_with = [case for name in MADE_WITH for case in list_written(name)]
    # The half that was looked at mended the graders as well.
    held_out = list_written("held_out.yaml")
    made_with += [case for case in held_out if case.half == "seen"]
    unseen = tuple(case for case in held_out if case.half == "unseen")
    labelled = list_labelled()
    return [
        Corpus("held-out sentences", unseen, decides=True),
        *(
            Corpus(name, tuple(case for case in labelled if case.corpus == name), decides=True)
            for name in ("recorded trials", "pilot")
        ),
        Corpus("cases from reports", list_cases(), decides=False),
        Corpus("sentences made with", tuple(made_with), decides=False),
    ]


def measure(cases: Iterable[Case]) -> dict[str, dict[str, Measure]]:
    """Count, for each type of grader and each outcome, what was right, given and due."""
    counts: Counter[tuple[str, str, str]] = Counter()
    for case in cases:
        grade = case.grade()
        for outcome in ("pass", "fail"):
            counts[case.grader.type, outcome, "right"] += grade == case.right == outcome
            counts[case.grader.type, outcome, "given"] += grade == outcome
            counts[case.grader.type, outcome, "due"] += case.right == outcome
    return {
        type_: {
            outcome: Measure(
                **{name: counts[type_, outcome, name] for name in Measure.model_fields}
            )
            for outcome in ("pass", "fail")
        }
        for type_ in sorted({key[0] for key in counts})
    }


def format_share(right: int, of: int) -> str:
    """Format a share with its exact interval: `32/38 0.84 (0.69 to 0.94)`."""
    if not of:
        return "-"
    low, high = compute_clopper_pearson(right, of)
    return f"{right}/{of} {right / of:.2f} ({low:.2f} to {high:.2f})"


def render_table(corpora: list[Corpus]) -> str:
    """Render one table, a row for each grader, outcome and corpus."""
    lines = [
        "| grader | outcome | corpus | precision | recall | reader |",
        "|---|---|---|---|---|---|",
    ]
    deciding = tuple(case for corpus in corpora if corpus.decides for case in corpus.cases)
    for corpus in (Corpus("**all that decides**", deciding, decides=True), *corpora):
        readers = ", ".join(sorted({case.reader.partition(",")[0] for case in corpus.cases}))
        for type_, outcomes in measure(corpus.cases).items():
            for outcome, counted in outcomes.items():
                lines.append(
                    f"| `{type_}` | {outcome} | {corpus.name}"
                    f" | {format_share(counted.right, counted.given)}"
                    f" | {format_share(counted.right, counted.due)} | {readers} |"
                )
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="write measured.json and the docs")
    write = parser.parse_args().write
    corpora = list_corpora()
    measured = measure(case for corpus in corpora if corpus.decides for case in corpus.cases)
    table = render_table(corpora)
    print(table)
    for type_, outcomes in measured.items():
        enough = all(counted.is_enough for counted in outcomes.values())
        print(f"{type_}: {'may bind a promise' if enough else 'describes only'}")
    print(f"needed: precision {LEAST_PRECISION}, recall {LEAST_RECALL}, for both outcomes")
    if write:
        date = datetime.now(UTC).strftime("%Y-%m-%d")
        graders = {
            type_: {outcome: counted.model_dump() for outcome, counted in outcomes.items()}
            for type_, outcomes in measured.items()
        }
        content = json.dumps({"date": date, "graders": graders}, indent=2) + "\n"
        MEASURED.write_text(content, encoding="utf-8")
        text = TABLE.read_text(encoding="utf-8")
        before, after = text.partition(BEGIN)[0], text.partition(END)[2]
        table = f"{BEGIN}\n\nMeasured on {date}.\n\n{table}\n\n{END}"
        TABLE.write_text(f"{before}{table}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
