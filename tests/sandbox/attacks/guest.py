"""Runs inside a sandbox: tries attacks one by one and prints how each ended, a JSON object a line.

Standard library only, and nothing but its own text: it is passed to `python3 -I -c`.
"""

import json
import os
import subprocess
import sys

PATIENCE = 10


def try_python(code: str) -> bool:
    """Return whether code runs to its end, in a process of its own; an exception is a refusal."""
    child = os.fork()
    if child:
        return os.waitpid(child, 0)[1] == 0
    try:
        silent = os.open("/dev/null", os.O_WRONLY)
        os.dup2(silent, 1)
        os.dup2(silent, 2)
        exec(code, {"__name__": "attack"})
    except BaseException:
        os._exit(1)
    os._exit(0)


def try_shell(code: str) -> bool:
    """Return whether a script of bash ends with 0."""
    argv = ["bash", "--noprofile", "--norc", "-c", code]
    silent = subprocess.DEVNULL
    try:
        done = subprocess.run(argv, stdout=silent, stderr=silent, timeout=PATIENCE, check=False)
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0


def main() -> None:
    for name, (language, code) in json.loads(sys.argv[1]).items():
        succeeded = try_python(code) if language == "py" else try_shell(code)
        print(json.dumps([name, succeeded]), flush=True)


main()
