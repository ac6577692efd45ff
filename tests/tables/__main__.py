"""Run the tables by hand: python -m tests.tables [inputs|reports|judge|api] [--all]."""

from __future__ import annotations

import argparse
import sys

from tests.tables.outcome import render_sum

_NOUNS = {
    "inputs": "bad inputs",
    "reports": "outputs of hostile texts",
    "judge": "attacks on a judge",
    "api": "faults of an API",
}


def main() -> int:
    """Run some tables, and print the sum of each; the exit code is 1 where a row is wrong."""
    from tests.tables.api import run_api
    from tests.tables.inputs import list_skipped, run_inputs
    from tests.tables.judge import run_judge
    from tests.tables.reports import run_reports

    tables = {"inputs": run_inputs, "reports": run_reports, "judge": run_judge, "api": run_api}
    parser = argparse.ArgumentParser(prog="python -m tests.tables", description=__doc__)
    parser.add_argument("tables", nargs="*", metavar="TABLE", help=", ".join(tables))
    parser.add_argument("--all", action="store_true", help="every row, and each alone")
    asked = parser.parse_args()
    wrong = False
    for name in asked.tables or tables:
        outcomes = tables[name](whole=asked.all)
        print(render_sum(_NOUNS[name], outcomes), flush=True)
        wrong |= any(outcome.mistakes for outcome in outcomes)
        skipped = list_skipped() if name == "inputs" else []
    if skipped:
        print(f"{len(skipped)} rows prove nothing for root, who may read every file")
    return int(wrong)


if __name__ == "__main__":
    sys.exit(main())
