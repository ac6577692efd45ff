"""`promptverdict report [RUN]`: a run as an HTML page, and as Markdown for a comment."""

from __future__ import annotations

import argparse
from pathlib import Path

from promptverdict.core.paths import display_path
from promptverdict.settings import resolve
from promptverdict.trials.runs import find_run
from promptverdict.trials.store import LATEST


def add_parser(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the verb."""
    parser = verbs.add_parser("report", help="write a run as an HTML page and as Markdown")
    parser.add_argument("run", nargs="?", default=LATEST, help="name of the run (default: latest)")
    parser.add_argument(
        "--output", type=Path, metavar="FILE", help="the page (default: report.html in the run)"
    )
    parser.add_argument(
        "--markdown", type=Path, metavar="FILE", help="the comment (default: report.md in the run)"
    )
    parser.add_argument("--open", action="store_true", help="open the page in a browser")
    parser.add_argument("--results", help="folder of the runs (default: the configured one)")


def run(asked: argparse.Namespace) -> int:
    """Write both files, and print where."""
    from promptverdict.report.writing import write_report

    results = Path(resolve(Path.cwd(), {"results": asked.results}).results)
    places = write_report(find_run(results, asked.run), asked.output, asked.markdown)
    for place in places:
        print(display_path(place))
    if asked.open:
        import webbrowser  # slow to import

        webbrowser.open(places[0].resolve().as_uri())
    return 0
