"""`promptverdict VERB ...`: runs the verb, and prints errors of ours with their exit codes."""

from __future__ import annotations

import argparse
import errno
import functools
import importlib
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

import promptverdict
from promptverdict.core.errors import HarnessError, InputError, Problem
from promptverdict.core.files import build_unreadable
from promptverdict.core.text import escape_lines
from promptverdict.version import __version__

VERBS = (
    "agents",
    "audit",
    "check",
    "compare",
    "export",
    "init",
    "judge",
    "merge",
    "new",
    "plan",
    "probe",
    "record",
    "regrade",
    "relay",
    "report",
    "runs",
    "schema",
    "show",
    "try",
)
_UNUSABLE_PATH = frozenset({errno.EACCES, errno.EPERM, errno.ELOOP, errno.ENAMETOOLONG})
"""What a path can be that was given or lies in a folder: every verb looks at many."""
_MODULES = {"try": "try_scenario"}
"""Verb -> its module, where the verb is a keyword of Python."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one verb and return the exit code (see core/errors.py)."""
    try:
        _check_surroundings()
        return _run(arguments)
    except HarnessError as error:
        return _print_error(error)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # Python flushes stdout again when it exits, which would fail once more.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        if error.filename is None or error.errno not in _UNUSABLE_PATH:
            raise
        return _print_error(build_unreadable(error))


def _print_error(error: HarnessError) -> int:
    print(f"error: {escape_lines(str(error))}", file=sys.stderr)
    return error.exit_code


def _check_surroundings() -> None:
    """Check what every verb takes for granted. Raises InputError."""
    if sys.stdout is None:
        cure = "leave `>&-` out, or send it elsewhere: > out.txt"
        raise InputError([Problem("standard output", "it is closed", cure)])
    try:
        Path.cwd()
    except FileNotFoundError as error:
        cure = "change into a folder that is there: cd .."
        raise InputError([Problem("the working folder", "it was deleted", cure)]) from error


@functools.cache
def build_parser() -> tuple[argparse.ArgumentParser, dict[str, ModuleType]]:
    """Build the parser of the command line, and return it with the module of each verb."""
    parser = argparse.ArgumentParser(prog="promptverdict", description=promptverdict.__doc__)
    parser.add_argument("--version", action="version", version=__version__)
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    modules = {
        name: importlib.import_module(f"promptverdict.cli.{_MODULES.get(name, name)}")
        for name in VERBS
    }
    for module in modules.values():
        module.add_parser(verbs)
    return parser, modules


def _run(arguments: Sequence[str] | None) -> int:
    parser, modules = build_parser()
    asked = parser.parse_args(arguments)
    code = int(modules[asked.verb].run(asked))
    # Here, where a reader that has gone away is still caught as BrokenPipeError.
    sys.stdout.flush()
    return code
