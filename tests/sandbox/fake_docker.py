"""A docker that is made of bubblewrap: one image, which is this machine's programs and a Python.

fake_docker.py FOLDER PYTHON VERB ARGUMENT...: what is known of a container is a file in the folder.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from pathlib import Path

DIGEST = "sha256:" + "0" * 64
HOME, PYTHON = Path(sys.argv[1]), sys.argv[2]


def write_state(name: str, folders: str, process: int = 0, **state: object) -> None:
    entry = {"folders": folders, "process": process, "state": state}
    (HOME / f"{name}.json").write_text(json.dumps(entry), encoding="utf-8")


def inspect_image(arguments: list[str]) -> None:
    if arguments[-1] not in ("fake", DIGEST):
        sys.exit(f"Error response from daemon: No such image: {arguments[-1]}")
    print(DIGEST)


def inspect_container(arguments: list[str]) -> None:
    file = HOME / f"{arguments[-1]}.json"
    if not file.exists():
        sys.exit(f"Error response from daemon: No such container: {arguments[-1]}")
    entry = json.loads(file.read_text(encoding="utf-8"))
    print(entry["folders"] if "Labels" in arguments[2] else json.dumps(entry["state"]))


def remove(arguments: list[str]) -> None:
    for name in arguments:
        file = HOME / f"{name}.json"
        if not name.startswith("-") and file.exists():
            process = json.loads(file.read_text(encoding="utf-8"))["process"]
            with contextlib.suppress(ProcessLookupError):
                os.kill(process or 1 << 22, 9)
            file.unlink()


def run(arguments: list[str]) -> None:
    given: list[tuple[str, str]] = []
    while arguments[0].startswith("--"):
        name, has_value, value = arguments.pop(0).partition("=")
        given.append((name, value if has_value or name == "--read-only" else arguments.pop(0)))
    image, *command = arguments
    options = dict(given)
    if image not in ("fake", DIGEST):
        sys.exit(f"docker: Error response from daemon: No such image: {image}")
    labels = dict(value.split("=", 1) for name, value in given if name == "--label")
    folders = labels["promptverdict.folders"]
    write_state(options["--name"], folders, Status="created", ExitCode=128)
    argv = ["bwrap", "--unshare-all", "--die-with-parent", "--ro-bind", "/usr", "/usr"]
    for name in ("bin", "lib", "lib64", "sbin"):
        argv += ["--symlink", f"usr/{name}", f"/{name}"]
    argv += ["--ro-bind", PYTHON, "/usr/local", "--proc", "/proc", "--dev", "/dev"]
    for name, value in given:
        if name == "--mount":
            parts = dict(part.partition("=")[::2] for part in value.split(","))
            if not Path(parts["source"]).exists():
                sys.exit(f"docker: bind source path does not exist: {parts['source']}")
            bind = "--ro-bind" if "readonly" in parts else "--bind"
            argv += [bind, parts["source"], parts["target"]]
    argv += ["--remount-ro", "/", "--chdir", options["--workdir"], "--", options["--entrypoint"]]
    user = int(options["--user"].split(":")[0])
    other = {"user": user, "group": user, "extra_groups": ()} if os.geteuid() == 0 else {}
    process = subprocess.Popen([*argv, *command], cwd="/", env={}, **other)  # type: ignore[call-overload]
    write_state(options["--name"], folders, process.pid, Status="running", ExitCode=0)
    code = process.wait() % 256
    if (HOME / f"{options['--name']}.json").exists():
        write_state(options["--name"], folders, Status="exited", ExitCode=code)
    sys.exit(code)


def main(verb: str, arguments: list[str]) -> None:
    if verb == "version":
        print("28.0.0")
    elif verb == "ps":
        print("\n".join(path.stem for path in HOME.glob("*.json")))
    else:
        verbs = {"image": inspect_image, "container": inspect_container, "rm": remove, "run": run}
        verbs[verb](arguments)


main(sys.argv[3], sys.argv[4:])
