"""Exchanges from outside the project are tried where they are, and missed nowhere."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_a_checkout_without_them_passes_over_their_tests(programs: Path, tmp_path: Path) -> None:
    modules = [f"tests/providers/{api}/test_real.py" for api in ("anthropic", "openai")]
    ended = subprocess.run(
        [programs / "pytest", "-p", "no:randomly", "-p", "no:cacheprovider", *modules],
        check=False,
        cwd=ROOT,
        env=os.environ | {"PROMPTVERDICT_DATA": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert "2 skipped" in ended.stdout
    assert "error" not in ended.stdout.lower()
