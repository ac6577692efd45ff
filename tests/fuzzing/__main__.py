"""Runs one target in libFuzzer, by atheris, from the files of this repository."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

LONGEST = 20_000
"""Bytes of an input: what is longer says little more, and takes longer."""


def main() -> None:
    """Fuzz one target for so many seconds; libFuzzer ends the process."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzzing", description=__doc__)
    parser.add_argument("target", choices=["agent", "recording"])
    parser.add_argument("--seconds", type=int, default=300)
    asked = parser.parse_args()
    try:
        import atheris
    except ImportError:
        sys.exit("atheris is not installed\n  pip install atheris")
    # Modules are instrumented as they are imported, so nothing of the package may be yet.
    with atheris.instrument_imports(include=["promptverdict"]):
        from tests.fuzzing import targets
    target = targets.TARGETS[asked.target]
    # libFuzzer ends the process where it stands: nothing after it is run, and nothing removed.
    corpus, found = (tempfile.mkdtemp(prefix=f"fuzzing-{name}-") for name in ("corpus", "found"))
    for number, seed in enumerate(target.list_seeds()):
        Path(corpus, str(number)).write_bytes(seed[:LONGEST])
    options = [
        f"-max_total_time={asked.seconds}", f"-max_len={LONGEST}", "-timeout=20",
        "-rss_limit_mb=2048", "-print_final_stats=1", f"-artifact_prefix={found}/",
    ]  # fmt: skip
    atheris.Setup([sys.argv[0], *options, corpus], target.run)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
