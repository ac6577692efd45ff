"""`promptverdict schema`: JSON Schemas, with which editors complete scenario and suite files."""

from __future__ import annotations

import argparse
import functools
import json
from pathlib import Path

from promptverdict.core.files import write_file
from promptverdict.core.model import Frozen
from promptverdict.scenarios.scenario import Scenario
from promptverdict.scenarios.suite import Suite

SCHEMAS: dict[str, type[Frozen]] = {"scenario": Scenario, "suite": Suite}


def add_parser(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the verb."""
    parser = verbs.add_parser("schema", help="write the JSON Schemas of scenario and suite files")
    parser.add_argument("kind", nargs="?", choices=sorted(SCHEMAS), help="print this one")
    parser.add_argument("--write", metavar="FOLDER", help="write both to a folder (evals/)")


def run(asked: argparse.Namespace) -> int:
    """Print one schema, or write both."""
    if asked.write:
        for kind in SCHEMAS:
            write_file(Path(asked.write) / f"{kind}.schema.json", render_schema(kind))
    else:
        print(render_schema(asked.kind or "scenario"), end="")
    return 0


@functools.cache
def render_schema(kind: str) -> str:
    """Render the JSON Schema of one kind of file."""
    schema = SCHEMAS[kind].model_json_schema()
    # First in the file, where editors look for it.
    return (
        json.dumps({"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}, indent=2)
        + "\n"
    )
