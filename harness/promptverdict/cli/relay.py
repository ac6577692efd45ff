"""`promptverdict relay`: answer the APIs of Anthropic and OpenAI by hand."""

from __future__ import annotations

import argparse
import asyncio
import sys
from contextlib import nullcontext
from datetime import datetime
from pathlib import Path

from promptverdict.core.errors import InputError, Problem
from promptverdict.core.files import describe_read_error
from promptverdict.core.secrets import hide_secrets
from promptverdict.providers.relay import client
from promptverdict.providers.relay.pages import render_turn
from promptverdict.providers.relay.server import open_relay
from promptverdict.settings import resolve

NOTHING_YET = 75
"""Exit code of a `take` that got nothing in time."""

GONE = 1
"""Exit code of an `answer` that reached nobody."""

_MAX_ANSWER_BYTES = 32 * 2**20
"""As many as the relay takes in a request."""

_WHERE = "address of the relay (default: setting `relay`)"


def add_parser(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the verb and its three commands."""
    relay = verbs.add_parser("relay", help="answer a provider's API by hand, without a key")
    commands = relay.add_subparsers(dest="relay_command", required=True, metavar="COMMAND")

    serve = commands.add_parser(
        "serve",
        help="serve the APIs on this machine",
        epilog="The APIs are Anthropic's Messages (base URL: the printed address) and OpenAI's Chat"
        " Completions and Responses (base URL: the printed address with /v1).",
    )
    serve.add_argument("--name", required=True, help="the model is named relay/NAME")
    serve.add_argument(
        "--operator", required=True, help="who answers, in words; every record says it"
    )
    serve.add_argument(
        "--port", type=int, default=8765, help="port, 0 for a free one (default 8765)"
    )

    take = commands.add_parser(
        "take",
        help="wait for a conversation, or for the next turn of one, and print it",
        epilog=f"Exit code {NOTHING_YET}: nothing came in time; call again. To take over a"
        " conversation that somebody else began, give its id and --whole.",
    )
    take.add_argument("id", nargs="?", help="a conversation (default: one that nobody has taken)")
    take.add_argument("--whole", action="store_true", help="print everything, not only what is new")
    take.add_argument(
        "--wait", type=_parse_seconds, default=client.WAIT, metavar="SECONDS", help="default 540"
    )
    take.add_argument("--url", help=_WHERE)

    answer = commands.add_parser("answer", help="answer the current turn of a conversation")
    answer.add_argument("id", help="the conversation")
    answer.add_argument("--file", type=Path, help="file with the answer (default: standard input)")
    answer.add_argument("--url", help=_WHERE)


def run(arguments: argparse.Namespace) -> int:
    """Run one of the commands and return the exit code.

    Raises InputError for what cannot be used, ProviderError when no relay answers.
    """
    match arguments.relay_command:
        case "serve":
            return _serve(arguments.name, arguments.operator, arguments.port)
        case "take":
            return _take(
                _resolve_address(arguments.url), arguments.id, arguments.wait, whole=arguments.whole
            )
        case _:
            return _answer(_resolve_address(arguments.url), arguments.id, arguments.file)


def _resolve_address(url: str | None) -> str:
    """Return the address of the relay: as given, and else where recording asks it."""
    return resolve(Path.cwd(), {"relay": url}).relay


def _parse_seconds(text: str) -> float:
    """Parse a number of seconds. Raises ValueError, which argparse reports, if above a day."""
    seconds = float(text)
    if not 0 <= seconds <= 86_400:
        raise ValueError(text)
    return seconds


def _serve(name: str, operator: str, port: int) -> int:
    async def serve() -> None:
        async with open_relay(name, operator, port, _log) as url:
            hint = "" if url == client.URL else f"; to record: PROMPTVERDICT_RELAY={url}"
            print(f"relay/{name} answers at {url} (operator: {operator}){hint}", flush=True)
            await asyncio.Event().wait()  # until Ctrl-C

    try:
        asyncio.run(serve())
    except KeyboardInterrupt:
        return 130
    return 0


def _take(url: str, conversation: str | None, wait: float, *, whole: bool) -> int:
    turn = client.take(url, conversation, wait)
    if turn == "nothing":
        print("nothing yet: call again")
        return NOTHING_YET
    if turn == "finished":
        print("finished")
        return 0
    options = "" if url == client.URL else f" --url {hide_secrets(url)}"
    print(render_turn(turn, whole=whole, options=options), end="", flush=True)
    return 0


def _answer(url: str, conversation: str, file: Path | None) -> int:
    where = str(file) if file else "standard input"
    try:
        most = _MAX_ANSWER_BYTES
        # A pipe is welcome here: whoever names one has somebody who writes to it.
        with file.open("rb") if file else nullcontext(sys.stdin.buffer) as stream:
            content = stream.read(most + 1)
        text = content.decode("utf-8-sig")
    except OSError as error:
        found, cure = f"cannot be read: {describe_read_error(error)}", "name a file with the answer"
        raise InputError([Problem(where, found, cure)]) from error
    except UnicodeDecodeError as error:
        raise InputError([Problem(where, "is not UTF-8 text", "save it as UTF-8")]) from error
    if len(content) > most:
        found = f"larger than {most // 2**20} MB"
        raise InputError([Problem(where, found, "no model answers so much: shorten it")])
    if client.answer(url, conversation, text) == "finished":
        print("finished: nobody waits for this answer any more; it was not delivered")
        return GONE
    options = "" if url == client.URL else f" --url {hide_secrets(url)}"
    print(f"delivered; what comes back: promptverdict relay take {conversation}{options}")
    return 0


def _log(line: str) -> None:
    print(f"{datetime.now():%H:%M:%S} {line}", file=sys.stderr, flush=True)
