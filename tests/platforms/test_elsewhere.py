"""Recordings are replayed, compared and reported where nothing could be recorded."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fakes import project
from tests.recorded import record_project

pytestmark = [pytest.mark.e2e, pytest.mark.skipif(sys.platform != "linux", reason="needs Linux")]

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = project(tmp_path_factory.mktemp("elsewhere"))
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)
        record_project(root)
    return root


def test_a_recorded_project_is_replayed_compared_and_reported(recorded: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.platforms.elsewhere"],
        cwd=recorded,
        env=os.environ | {"PYTHONPATH": str(ROOT), "PROMPTVERDICT_SANDBOX": "bubblewrap"},
        capture_output=True,
        text=True,
        check=False,
    )
    put_out = done.stdout + done.stderr
    assert "Traceback" not in put_out, put_out
    codes = dict(re.findall(r"^(\w+) (\d+)", done.stdout, re.MULTILINE))
    assert codes == {
        **dict.fromkeys(("import", "pytest", "report", "runs", "export", "check"), "0"),
        "compare": "7",  # nothing is graded in this project, on any system
        **dict.fromkeys(("bubblewrap", "docker", "podman"), "3"),
    }, put_out
    assert put_out.count("this is Windows") == 3, put_out
