"""`promptverdict probe` runs what changed, in the sandbox that was asked for."""

from __future__ import annotations

from pathlib import Path

import promptverdict.sandbox
import pytest
from promptverdict.cli import main
from promptverdict.core.errors import SandboxError

from tests.fakes import SCENARIO, project, write
from tests.recorded import record_project

PROBED = SCENARIO + "probes:\n  - {name: p, run: echo PASS there}\n"
PROTECTED = '[tool.promptverdict.models]\ndefault = "relay/scripted"\n'


@pytest.fixture
def opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Record a probed scenario, change its probe, and note which sandboxes are opened."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PROMPTVERDICT_SANDBOX", raising=False)
    project(tmp_path, **{"evals/small/hello.yaml": PROBED})
    record_project(tmp_path)
    write(tmp_path, {"evals/small/hello.yaml": PROBED.replace("there", "changed")})
    write(tmp_path, {"pyproject.toml": PROTECTED})
    kinds: list[str] = []
    real = promptverdict.sandbox.open_sandbox

    def open_sandbox(kind: str, image: str | None = None) -> object:
        kinds.append(kind)
        if kind == "bubblewrap":
            raise SandboxError("not here")
        return real("none")

    monkeypatch.setattr(promptverdict.sandbox, "open_sandbox", open_sandbox)
    return kinds


def test_the_default_is_bubblewrap(opened: list[str]) -> None:
    assert main(["probe"]) == SandboxError.exit_code
    assert opened == ["bubblewrap"]


def test_the_option_chooses_the_sandbox(
    opened: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["probe", "--sandbox", "none"]) == 0
    assert opened == ["none"]
    assert capsys.readouterr().out.splitlines() == [
        "small/hello::helper/base#0: 1 report, 0 failed checks, 0 faults",
        "small/hello::helper/terse#0: 1 report, 0 failed checks, 0 faults",
        "2 recordings probed",
    ]


@pytest.mark.parametrize("source", ["pyproject.toml", "environment"])
def test_the_setting_chooses_the_sandbox(
    opened: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str
) -> None:
    if source == "environment":
        monkeypatch.setenv("PROMPTVERDICT_SANDBOX", "none")
    else:
        write(tmp_path, {source: f'[tool.promptverdict]\nsandbox = "none"\n{PROTECTED}'})
    assert main(["probe"]) == 0
    assert opened == ["none"]


def test_the_option_chooses_the_model_whose_recordings_are_probed(
    opened: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path, {"pyproject.toml": PROTECTED.replace("scripted", "another")})
    assert main(["probe", "--sandbox", "none"]) == 0
    assert capsys.readouterr().out == "0 recordings probed\n"
    assert main(["probe", "--sandbox", "none", "--model", "relay/scripted"]) == 0
    assert capsys.readouterr().out.endswith("2 recordings probed\n")
    assert opened == ["none"]


def test_a_sandbox_that_there_is_not_is_refused(
    opened: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["probe", "--sandbox", "lxc"]) == 2
    assert "option: --sandbox" in capsys.readouterr().err
    assert opened == []


def test_no_sandbox_is_opened_where_nothing_changed(opened: list[str]) -> None:
    assert main(["probe", "--sandbox", "none"]) == 0
    assert main(["probe", "--sandbox", "none"]) == 0
    assert opened == ["none"]
