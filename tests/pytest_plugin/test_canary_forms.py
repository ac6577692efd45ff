"""One run in which keys come back in every form by every way, and everything that is put out."""

from __future__ import annotations

import base64
import html
import json
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
from promptverdict.cli import main

from tests.fakes import PYPROJECT, SUITE, Blocks, provider, run, say, turn_of, use, write
from tests.sharded import run_shards

pytestmark = pytest.mark.e2e


@dataclass(frozen=True)
class Canary:
    """A secret as the environment holds it, and the form in which it comes back."""

    name: str
    secret: str
    variable: str = "API_KEY"
    held: str = "{}"
    """The variable's value; the braces stand for the secret."""
    write: Callable[[str], str] = str

    @property
    def number(self) -> int:
        return next(place for place, canary in enumerate(CANARIES) if canary is self)

    @property
    def form(self) -> str:
        return self.write(self.secret)

    def list_needles(self) -> list[str]:
        """List what must stand nowhere: the secret, a good part of it, and all its forms."""
        encoded = base64.b64encode(self.secret.encode()).decode()
        ways = (quote(self.secret, safe=""), quote_plus(self.secret), html.escape(self.secret))
        return [self.secret, self.secret[:9], self.form, encoded.rstrip("="), *ways]


def encode(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


CANARIES = (
    Canary("as it is", "canary-a-0123456789"),
    Canary("with a line end", "canary-b-0123456789", held="{}\n"),
    Canary("with blanks", "canary-c-0123456789", held="  {} \t"),
    Canary("in quotes", "canary-d-0123456789", held='"{}"'),
    Canary("of an address", "canary-e-0123456789", "SERVICE", "https://me:{}@host.invalid/v1"),
    Canary(
        "of a proxy, as its header",
        "canary-f-0123456789",
        "GATEWAY",
        "http://me:{}@proxy.invalid:8080",
        lambda secret: encode(f"me:{secret}"),
    ),
    Canary("of a query", "canary-g-0123456789", "ENDPOINT", "https://host.invalid/?api-key={}&a=b"),
    Canary("in base64", "canary-h-0123456789", write=encode),
    Canary("in JSON", 'canary-i-"0\\123456789', write=lambda secret: json.dumps(secret)[1:-1]),
    Canary("in an address", "canary-j-/0+1=2&345", write=lambda secret: quote(secret, safe="")),
    Canary("in HTML", "canary-k-<0&1>23456", write=html.escape),
    Canary("in Python", "canary-l-\\0'1\"23456", write=lambda secret: repr(secret)[1:-1]),
)

OUTPUTS = {
    *("terminal", "show", "report", "runs", "export", "regrade", "probe", "merge"),
    *(".xml", ".json", ".html", ".md", ".csv", ".http.yaml", ".world.yaml", ".probes.yaml"),
}
"""What is put out: on the terminal by each verb, and files by their endings."""

PRINT = "python3 -c \"print('found ' + bytes.fromhex('{}').decode())\""
"""Prints a form that does not stand in the command."""
WAYS = ("answer", "output", "file", "error", "probe")
CASES = tuple(
    (way, canary)
    for place, way in enumerate(WAYS)
    for number, canary in enumerate(CANARIES)
    if os.environ.get("TEST_WHOLE") or number % len(WAYS) in (place, (place + 1) % len(WAYS))
)
"""Each form comes back in two ways; with TEST_WHOLE=1 in all."""
SAID = {
    "answer": lambda form, _: [[say(f"The key is {form}.")]],
    "output": lambda _, printing: [[use("Bash", command=printing)], [say("Done.")]],
    "file": lambda _, printing: [[use("Bash", command=f"{printing} > key.txt")], [say("Done.")]],
    "probe": lambda _form, _printing: [[say("Done.")]],
}
SCENARIO = (
    "title: A scenario\ntask: 'Case {}-{}.'\ntools: [Read, Write, Bash]\nbehaviours: [kind]\n"
)


def write_project(root: Path) -> None:
    files = {
        "evals/manners/suite.yaml": SUITE.replace("[helper/base, helper/terse]", "[helper/base]")
    }
    for way, canary in CASES:
        printing = PRINT.format(canary.form.encode().hex())
        probes = f"probes:\n  - name: p\n    run: {json.dumps('echo PASS x; ' + printing)}\n"
        text = SCENARIO.format(way, canary.number) + (probes if way == "probe" else "")
        files[f"evals/manners/{way}-{canary.number}.yaml"] = text
    shutil.rmtree(root / "evals/small")
    write(root, {**files, "pyproject.toml": PYPROJECT})


def find_case(body: dict[str, Any]) -> tuple[str, Canary]:
    task = json.dumps(body["messages"][0])
    way, _, number = task.partition("Case ")[2].partition(".")[0].partition("-")
    return way, CANARIES[int(number)]


def answer(body: dict[str, Any]) -> Blocks | tuple[int, Any]:
    way, canary = find_case(body)
    if way == "error":
        words = f"this is odd: {canary.form}"
        error = {"type": "error", "error": {"type": "invalid_request_error", "message": words}}
        return 400, error
    answers = SAID[way](canary.form, PRINT.format(canary.form.encode().hex()))
    return answers[turn_of(body)]


def list_texts(root: Path) -> dict[str, str]:
    """List all that is put out as files, by path; what the test itself wrote is left out."""
    paths = [path for path in root.rglob("*") if path.is_file()]
    return {
        path.relative_to(root).as_posix(): path.read_bytes().decode("utf-8", "replace")
        for path in paths
    }


def test_keys_come_back_in_no_output(
    evals: pytest.Pytester,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    write_project(evals.path)
    for canary in CANARIES:
        value = canary.held.format(canary.secret)
        monkeypatch.setenv(f"CANARY_{canary.number}_{canary.variable}", value)
    monkeypatch.setattr("promptverdict.providers.throttle.Throttle.draw_wait", lambda *_: 0.0)
    with provider(answer) as server:
        monkeypatch.setenv("PROMPTVERDICT_RELAY", server.url)
        shown = ["-o", "log_cli=true", "--log-level=DEBUG", "-rA", "--junitxml=junit.xml"]
        result = run(evals, "evals", "--record", "once", *shown)
        asked = {find_case(body) for body in server.requests}
    assert asked == set(CASES)
    outputs = {"terminal": "\n".join([*result.outlines, *result.errlines])}

    capfd.readouterr()
    for way, canary in CASES[:: len(CASES) // 4]:
        main(["show", f"evals/manners/{way}-{canary.number}.yaml::helper/base", "--whole"])
    for arguments in (["show", "--failed"], ["report"], ["runs"], ["export", "exported"]):
        main(arguments)
        outputs[arguments[0]] = "\n".join(capfd.readouterr())
    for verb in (["regrade"], ["probe"]):
        main(verb)
        outputs[verb[0]] = "\n".join(capfd.readouterr())
    shards = run_shards(evals.path, 2)
    main(["merge", *map(str, shards)])
    outputs["merge"] = "\n".join(capfd.readouterr())
    outputs |= list_texts(evals.path)

    kinds = {Path(name).suffix or name for name in outputs}
    kinds |= {"".join(Path(name).suffixes[-2:]) for name in outputs}
    assert kinds >= OUTPUTS
    found = [
        (canary.name, name, text[max(0, text.find(needle) - 60) :][:120])
        for canary in CANARIES
        for needle in canary.list_needles()
        for name, text in outputs.items()
        if needle in text
    ]
    print(f"{len(CASES)} canaries x {len(outputs)} outputs: {len(found)} found")
    assert found == [], "\n".join(map(str, found))
