"""`promptverdict record` needs Ray, whether or not anything is left to be recorded."""

from __future__ import annotations

import importlib.util
import os

import pytest
from promptverdict.cli import main


def test_without_ray_nothing_is_started_and_the_cure_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    monkeypatch.setattr(os, "execv", lambda *_: pytest.fail("pytest was started"))
    assert main(["record", "--on", "auto"]) == 2
    told = capsys.readouterr().err
    assert told == (
        "error: --on: Ray is not installed\n  install it: pip install 'promptverdict[ray]'\n"
    )


def test_with_ray_it_becomes_the_pytest_that_records(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[list[str]] = []
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: name)

    def start(_program: str, command: list[str]) -> None:
        started.append(command)
        raise SystemExit

    monkeypatch.setattr(os, "execv", start)
    with pytest.raises(SystemExit):
        main(["record", "--on", "auto", "--workers", "3", "evals/", "--max-cost", "5"])
    (command,) = started
    asked = "-m pytest --record once --ray auto --ray-workers 3 evals/ --max-cost 5"
    assert " ".join(command[1:]) == asked
