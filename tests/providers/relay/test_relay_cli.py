"""The commands, as an answerer meets them in a terminal."""

from __future__ import annotations

import argparse
import asyncio
import io
import os
import re
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from promptverdict.cli import relay as verb
from promptverdict.core.errors import InputError

from .running import Relay, ask, user

MAIN = """
import argparse, sys
from promptverdict.cli import relay
parser = argparse.ArgumentParser()
relay.add_parser(parser.add_subparsers())
sys.exit(relay.run(parser.parse_args()))
"""


def run(*words: str) -> int:
    parser = argparse.ArgumentParser()
    verb.add_parser(parser.add_subparsers())
    return verb.run(parser.parse_args(["relay", *words]))


def test_take_and_answer_lead_through_a_conversation(
    relay: Relay,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    async def converse() -> str:
        async with relay.api() as api:
            return str((await ask(api, user("Hello"))).content[0].text)

    said: list[str] = []
    asking = threading.Thread(target=lambda: said.append(asyncio.run(converse())))
    asking.start()
    at = ("--url", relay.url)
    assert run("take", "--wait", "10", *at) == 0
    shown = capsys.readouterr().out
    found = re.search(r"CONVERSATION (\w+), TURN 1", shown)
    assert found
    id_ = found[1]
    assert f"promptverdict relay answer {id_} --url {relay.url} --file FILE" in shown

    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"@call Bash\ncmd = ls\n")))
    with pytest.raises(InputError, match="did you mean `command`"):
        run("answer", id_, *at)
    answer = tmp_path / "answer.txt"
    answer.write_bytes("\ufeffGood däy.\r\n".encode())
    assert run("answer", id_, "--file", str(answer), *at) == 0
    asking.join()
    assert said == ["Good däy."]
    assert capsys.readouterr().out.startswith("delivered")

    assert run("take", id_, *at) == 0
    assert capsys.readouterr().out == "finished\n"
    assert run("answer", id_, "--file", str(answer), *at) == verb.GONE
    assert capsys.readouterr().out.startswith("finished")


def test_taking_in_vain_ends_with_its_own_exit_code(
    relay: Relay, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("take", "--wait", "0.1", "--url", relay.url) == 75
    assert capsys.readouterr().out == "nothing yet: call again\n"


def test_an_answer_that_cannot_be_read_is_an_input_error(relay: Relay, tmp_path: Path) -> None:
    at = ("--url", relay.url)
    with pytest.raises(InputError, match="none: cannot be read: "):
        run("answer", "abcd", "--file", str(tmp_path / "none"), *at)
    odd = tmp_path / "odd"
    odd.write_bytes(b"\xff")
    with pytest.raises(InputError, match="not UTF-8"):
        run("answer", "abcd", "--file", str(odd), *at)


@pytest.mark.parametrize("wait", ["-1", "inf", "nan", "soon"])
def test_a_wait_that_is_no_time_is_refused(wait: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        run("take", f"--wait={wait}")
    assert "--wait" in capsys.readouterr().err


def test_serving_under_an_impossible_name_or_port_is_refused(relay: Relay) -> None:
    with pytest.raises(InputError, match="model's name"):
        run("serve", "--name", "Claude Opus", "--operator", "me")
    for port in (relay.url.rpartition(":")[2], "99999"):
        with pytest.raises(InputError, match="--port"):
            run("serve", "--name", "claude", "--operator", "me", "--port", port)


@pytest.mark.e2e
@pytest.mark.skipif(os.name == "nt", reason="signals are sent otherwise there")
def test_serving_prints_one_line_when_ready_and_ends_at_ctrl_c() -> None:
    words = ["relay", "serve", "--name", "claude", "--operator", "me, by relay", "--port", "0"]
    with subprocess.Popen(
        [sys.executable, "-c", MAIN, *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=Path(verb.__file__).parents[2],
    ) as served:
        assert served.stdout
        ready = served.stdout.readline()
        served.send_signal(signal.SIGINT)
        rest, errors = served.communicate(timeout=10)
    url = r"http://127\.0\.0\.1:\d+"
    ending = r"; to record: PROMPTVERDICT_RELAY=\1\n"
    pattern = rf"relay/claude answers at ({url}) \(operator: me, by relay\){ending}"
    assert re.fullmatch(pattern, ready)
    assert (rest, errors, served.returncode) == ("", "", 130)
