"""`promptverdict export`: a run's trials, grades and events as CSV or JSON."""

from __future__ import annotations

import argparse
import re
from pathlib import Path

from promptverdict.core.files import write_files
from promptverdict.core.paths import display_path
from promptverdict.settings import resolve

_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_FORMULA = (*"=+-@\t\r\n", *"\uff1d\uff0b\uff0d\uff20")
"""Characters that make a spreadsheet take a cell for a formula; the last four are full-width."""


def add_parser(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the verb."""
    parser = verbs.add_parser("export", help="write a run as CSV or JSON files")
    parser.add_argument("folder", type=Path, help="folder for trials, grades and events")
    parser.add_argument("--run", default="latest", help="name of the run (default: the latest)")
    parser.add_argument("--format", choices=("csv", "json"), default="csv")
    parser.add_argument("--results", help="folder of the runs (default: the configured one)")


def run(asked: argparse.Namespace) -> int:
    """Write three files, all or none, and print where."""
    from promptverdict.trials.frames import load_run

    results = Path(resolve(Path.cwd(), {"results": asked.results}).results)
    loaded = load_run(results / asked.run)
    texts: dict[Path, str] = {}
    for name in ("trials", "grades", "events"):
        table = getattr(loaded, name)
        if asked.format == "json":
            text = table.to_json(orient="records", date_format="iso", indent=1) + "\n"
        else:
            text = table.map(_defuse_cell).to_csv(index=False)
        texts[asked.folder / f"{name}.{asked.format}"] = text
    # Together: half an export would be read as a run of fewer trials.
    write_files(texts)
    rows = ", ".join(f"{len(getattr(loaded, path.stem))} {path.stem}" for path in texts)
    print(f"{rows}: {display_path(asked.folder)}")
    return 0


def _defuse_cell(value: object) -> object:
    """Quote what a spreadsheet would run, and escape controls: an agent may have written it."""
    if not isinstance(value, str):
        return value
    visible = _CONTROLS.sub(lambda found: found[0].encode("unicode_escape").decode(), value)
    return f"'{visible}" if visible.lstrip(" ").startswith(_FORMULA) else visible
