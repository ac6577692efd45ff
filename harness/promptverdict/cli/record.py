"""`promptverdict record`: record on many machines, as if on one."""

from __future__ import annotations

import argparse
import importlib.util
import os
import sys

from promptverdict.core.errors import InputError, Problem


def add_parser(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the verb."""
    parser = verbs.add_parser(
        "record",
        help="record on a Ray cluster",
        description="Record what is missing on a Ray cluster. Trials go out, recordings come back"
        " to this folder; budget, refusals and progress are those of one run. A trial whose machine"
        " is lost is sent to another one. Needs: pip install 'promptverdict[ray]'",
    )
    parser.add_argument(
        "--on", required=True, metavar="ADDRESS", help="`auto` for the cluster here, or an address"
    )
    parser.add_argument(
        "--workers", metavar="N", help="processes on the cluster (default: one for each machine)"
    )
    parser.add_argument(
        "--record", default="once", metavar="MODE", help="what is recorded, as pytest takes it"
    )
    parser.add_argument(
        "arguments",
        nargs=argparse.REMAINDER,
        metavar="ARGUMENTS",
        help="further arguments of pytest, a path first: evals/ --base main --max-cost 5",
    )


def run(asked: argparse.Namespace) -> int:
    """Become the pytest that records. Raises InputError where Ray is not installed."""
    if importlib.util.find_spec("ray") is None:
        # Before pytest, which asks for no cluster where nothing is left to be recorded.
        cure = "install it: pip install 'promptverdict[ray]'"
        raise InputError([Problem("--on", "Ray is not installed", cure)])
    command = [sys.executable, "-m", "pytest", "--record", asked.record, "--ray", asked.on]
    if asked.workers is not None:
        command += ["--ray-workers", asked.workers]
    os.execv(sys.executable, [*command, *asked.arguments])  # noqa: S606 (a list, as everywhere)
