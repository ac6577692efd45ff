"""Hostile texts through every output: terminal, log, Markdown, page, JUnit, CSV and JSON.

Each text is what an agent said, what a grader said of it, and what an operator calls himself. It
must reach the reader as a text: visible, and without doing anything.
"""

from __future__ import annotations

import contextlib
import csv
import io
import json
import re
import sys
import tempfile
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from promptverdict.report.markdown.comment import render_comment
from promptverdict.report.page.html import render_page

from tests.fakes import AGENT, PYPROJECT, say, write
from tests.programs import import_everything
from tests.recorded import record_project
from tests.report.compared import comparison, report, run
from tests.report.made import graded
from tests.report.page.test_html import Elements, everywhere
from tests.tables.bounded import run_bounded
from tests.tables.hostile_texts import TEXTS, make_flood
from tests.tables.outcome import Outcome

SUITE = """\
title: T
variants: [helper/base]
behaviours:
  kind: {says: It is kind, promised: {helper/base: careful helper}}
"""
SCENARIO = """\
title: Number {number}
task: Say text {number}.
tools: [Read]
behaviours: [kind]
grades:
  kind: {{type: custom, function: repeat}}
"""
CHECKS = """\
from promptverdict import failed

TEXTS = {texts!r}


def repeat(evidence):
    return failed(TEXTS[int(evidence.task.scenario.partition("-")[2])])
"""
_FORMULA = (*"=+-@\t\r\n", *"\uff1d\uff0b\uff0d\uff20")
_COMMAND = re.compile(r"^\s*::|##\w*\[", re.MULTILINE)
"""What a runner of GitHub, Azure or TeamCity takes for a command in a log."""
_TAGS = re.compile(r"<(?!!-- |/?details>|/?summary>|/?sub>)")


def run_reports(*, whole: bool) -> list[Outcome]:
    """Run the table: each text through each output; whole: with ten megabytes of text."""
    texts = TEXTS | {"flood": make_flood(10_000_000 if whole else 200_000)}
    import_everything()
    with _run_project(list(texts.values())) as printed:
        outcomes = [
            Outcome(f"{name}: {output}", tuple(mistakes))
            for at, (name, text) in enumerate(texts.items())
            for output, mistakes in (
                ("Markdown", _check_markdown(text)),
                ("page", _check_page(text)),
                ("transcript", _check_printed(printed[f"show {at}"], text)),
            )
        ]
        outcomes += [
            Outcome(f"all texts: {name}", tuple(_check_printed(printed[name], "")))
            for name in ("pytest", "show --failed", "regrade", "report")
        ]
        outcomes.append(Outcome("all texts: JUnit", tuple(_check_junit(texts))))
        outcomes.append(Outcome("all texts: CSV", tuple(_check_csv())))
        outcomes.append(Outcome("all texts: JSON", tuple(_check_json())))
        comment = Path("results/latest/report.md").read_text(encoding="utf-8")
        outcomes.append(Outcome("all texts: comment", tuple(_list_markdown_mistakes(comment))))
    return outcomes


@contextlib.contextmanager
def _run_project(texts: list[str]) -> Iterator[dict[str, str]]:
    """Record a project whose agent and grader say the texts, and run every verb that reports."""
    said = [text.encode("utf-8", "replace").decode()[:1000] for text in texts]
    numbers = range(len(texts))
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        root = Path(folder).resolve()
        checks = CHECKS.format(texts=texts)
        scenarios = {f"evals/texts/t-{n}.yaml": SCENARIO.format(number=n) for n in numbers}
        write(root, {"pyproject.toml": PYPROJECT, "agents/helper/base.md": AGENT, **scenarios})
        write(root, {"evals/texts/suite.yaml": SUITE})
        (root / "evals/texts/checks.py").write_text(checks, encoding="utf-8")
        record_project(root, lambda body: [say(said[_find_number(body)] or "x")])
        printed = {"pytest": _run_pytest()}
        commands = {f"show {n}": ["show", f"texts/t-{n}", "--whole"] for n in numbers}
        commands |= {name: name.split() for name in ("regrade", "show --failed", "report")}
        commands |= {"CSV": ["export", "csv"], "JSON": ["export", "json", "--format", "json"]}
        for name, command in commands.items():
            ended = run_bounded(command, 30)
            printed[name] = ended.out + ended.err + ended.traceback
        yield printed


def _find_number(body: dict[str, Any]) -> int:
    return int(re.findall(r"text (\d+)", json.dumps(body["messages"][0]))[0])


def _run_pytest() -> str:
    out = io.StringIO()
    path = list(sys.path)
    with contextlib.redirect_stdout(out):
        pytest.main(["-p", "no:randomly", "-p", "no:asyncio", "--junitxml=junit.xml", "evals"])
    sys.path[:] = path
    return out.getvalue()


def _check_printed(printed: str, text: str) -> Iterator[str]:
    if "Traceback (most recent call last)" in printed:
        yield f"traceback: {printed.strip().splitlines()[-1][:200]}"
    if odd := {char for char in printed if not (char.isprintable() or char in "\n\t")}:
        yield f"unprintable characters: {sorted(map(ascii, odd))}"
    if found := _COMMAND.search(printed):
        yield f"a command of a runner: {printed[found.start() : found.end() + 20]!r}"
    if not printed:
        yield "nothing is printed"


def _check_markdown(text: str) -> Iterator[str]:
    records = [
        each.model_copy(update={"grades": (graded(_fail(text), "kind"),)}) for each in run(2)
    ]
    for comment in (
        render_comment(report([everywhere(text)])),
        render_comment(report(records, comparison(run(2), prompt_diff=f"+{text}\n"))),
    ):
        yield from _list_markdown_mistakes(comment)


def _fail(text: str) -> Any:
    from promptverdict.trials.grade import failed

    return failed(text)


def _list_markdown_mistakes(comment: str) -> Iterator[str]:
    if len(comment) > 65_536:
        yield f"{len(comment)} characters, more than a comment holds"
    words = re.sub(r"(?ms)^(`{3,})\w*\n.*?^\1$", "", comment)
    if "@" in words:
        yield "a mention"
    if found := _TAGS.search(words):
        yield f"a tag: {words[found.start() : found.start() + 30]!r}"
    if "](" in words:
        yield "a link"
    if words.count("<!-- promptverdict -->") != 1:
        yield "the marker is there more than once"
    if odd := {char for char in comment if not (char.isprintable() or char in "\n\t")}:
        yield f"unprintable characters: {sorted(map(ascii, odd))}"


def _check_page(text: str) -> Iterator[str]:
    attacked, harmless = (
        Elements(render_page(report([everywhere(each)]))) for each in (text, "harmless")
    )
    if attacked.tags != harmless.tags:
        yield f"other elements: {attacked.tags - harmless.tags}"
    names = [name for name, _ in attacked.attributes]
    if names != [name for name, _ in harmless.attributes]:
        yield "other attributes"
    links = [value for name, value in attacked.attributes if name == "href"]
    if not all(value and value.startswith("#") for value in links):
        yield f"links: {links}"
    if odd := {char for char in attacked.text if not (char.isprintable() or char in "\n\t")}:
        yield f"unprintable characters: {sorted(map(ascii, odd))}"


def _check_junit(texts: Mapping[str, str]) -> Iterator[str]:
    try:
        tree = ET.parse("junit.xml")
    except ET.ParseError as error:
        yield f"no valid XML: {error}"
        return
    words = "".join(tree.getroot().itertext())
    words += "".join(value for each in tree.iter() for value in each.attrib.values())
    if odd := {char for char in words if not (char.isprintable() or char in "\n\t")}:
        yield f"unprintable characters: {sorted(map(ascii, odd))}"
    cases = list(tree.iter("testcase"))
    failures = [case for case in cases if case.find("failure") is not None]
    if len(failures) != len(texts):
        yield f"{len(failures)} failures of {len(texts)}, in {len(cases)} cases"


def _check_csv() -> Iterator[str]:
    for path in sorted(Path("csv").iterdir()):
        text = path.read_text(encoding="utf-8")
        usual = csv.field_size_limit(2**30)  # of the process: other tests are refused by the usual
        cells = [cell for row in csv.reader(io.StringIO(text, newline="")) for cell in row]
        csv.field_size_limit(usual)
        if bad := [cell for cell in cells if cell.lstrip(" ").startswith(_FORMULA)]:
            numbers = [cell for cell in bad if not re.fullmatch(r"-?[0-9.e-]+", cell)]
            yield from (f"{path.name}: a formula: {cell[:40]!r}" for cell in numbers)
        if odd := {char for cell in cells for char in cell if ord(char) in _UNSEEN}:
            yield f"{path.name}: control characters: {sorted(map(ascii, odd))}"


_UNSEEN = {*range(32), *range(127, 160)} - {9, 10, 13}


def _check_json() -> Iterator[str]:
    paths = sorted(Path("json").iterdir())
    if len(paths) != 3:
        yield f"{len(paths)} files"
    for path in paths:
        json.loads(path.read_text(encoding="utf-8"))
