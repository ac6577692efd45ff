"""docs/reference.md, rendered from the models themselves.

Renew it with `python -m tests.repository.reference > docs/reference.md`.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

import promptverdict
from promptverdict.graders import AnyGrader
from promptverdict.scenarios.edits import (
    Edit,
    EditedTrial,
    FileEdit,
    Move,
    ReportEdit,
    Rewrite,
    Selector,
)
from promptverdict.scenarios.scenario import Scenario
from promptverdict.scenarios.solution import Solution
from promptverdict.scenarios.suite import Suite
from promptverdict.settings import TABLES, Settings
from promptverdict.trials.evidence import Evidence
from pydantic import BaseModel, TypeAdapter

EXIT_CODES = {
    0: "nothing blocks",
    1: "worse, or a solution or a saboteur graded wrongly",
    2: "bad input: an option, a suite, an agent file",
    3: "no sandbox, or it broke",
    4: "the provider refused or failed, or the budget is reached",
    5: "a disk that cannot be written",
    6: "undecided under a non_inferiority gate, far apart in time, or before the last planned look",
    7: "missing, stale, unrecorded or broken evidence",
    130: "interrupted",
}

_EDITS: dict[str, type[BaseModel]] = {
    "Which calls: `drop`, and wherever calls are chosen": Selector,
    "`move`": Move,
    "`rewrite`": Rewrite,
    "`file`": FileEdit,
    "`report`": ReportEdit,
}


def render_reference() -> str:
    """Render the whole page."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    yield "# Reference"
    yield ""
    yield "Rendered from the code; a test holds it to that."
    yield from _section("suite.yaml", Suite)
    yield from _section("A scenario", Scenario)
    yield from _section("A solution", Solution)
    yield from _section("A solution's edits", EditedTrial)
    yield from _section("An edit: one of these", Edit)
    for title, model in _EDITS.items():
        yield from _section(title, model)
    yield "\n## Graders"
    yield "\nEach is `type:` and its keys, under `grades` of a scenario."
    schema = TypeAdapter(AnyGrader).json_schema()
    for name, place in sorted(schema["discriminator"]["mapping"].items()):
        definition = schema["$defs"][place.rpartition("/")[2]]
        first = definition.get("description", "").partition("\n\n")[0].replace("\n", " ")
        yield f"\n### `{name}`\n\n{first}"
        properties = {key: of for key, of in definition["properties"].items() if key != "type"}
        if properties:
            yield ""
            yield from _table(properties, definition.get("required", ()))
    yield "\n## Settings"
    yield (
        "\nAn option of `pytest` (`--record`) comes before an environment variable"
        " (`PROMPTVERDICT_RECORD`), that before an ini key (`promptverdict_record`) and a key of"
        f" `[tool.promptverdict]`. {', '.join(f'`{name}`' for name in TABLES)} are tables of"
        " pyproject.toml.\n"
    )
    yield from _table(Settings.model_json_schema()["properties"], ())
    yield "\n## Exit codes\n"
    yield "`pytest` keeps its own: a cell that falls short or has no evidence ends the run with 1."
    yield "`promptverdict` ends with\n"
    yield "| code | meaning |\n|---|---|"
    yield from (f"| {code} | {meaning} |" for code, meaning in EXIT_CODES.items())
    yield "\n## What a suite's checks.py can import\n"
    yield "| name of `promptverdict` | meaning |\n|---|---|"
    for name in sorted(promptverdict.__all__):
        if name == "Event":
            yield "| `Event` | Any of the events: a type for annotations. |"
        elif name != "__version__":
            yield f"| `{name}` | {_first_line(getattr(promptverdict, name))} |"
    yield "\nMethods of `Evidence`:\n"
    yield "| method | returns |\n|---|---|"
    for name, method in inspect.getmembers(Evidence, inspect.isfunction):
        if not name.startswith("_") and name not in vars(BaseModel):
            yield f"| `{name}()` | {_first_line(method)} |"


def _section(title: str, model: type[BaseModel]) -> Iterator[str]:
    schema = model.model_json_schema()
    yield f"\n## {title}\n"
    yield from _table(schema["properties"], schema.get("required", ()))


def _table(properties: dict[str, Any], required: Any) -> Iterator[str]:
    yield "| key | default | meaning |\n|---|---|---|"
    for key, of in properties.items():
        default = "needed" if key in required else f"`{_format_default(of.get('default'))}`"
        yield f"| `{key}` | {default} | {_escape(of.get('description', ''))} |"


def _format_default(value: Any) -> str:
    if value in (None, "", [], {}):
        return "none"
    if isinstance(value, dict):
        inner = ", ".join(f"{key}: {_format_default(each)}" for key, each in value.items() if each)
        return f"{{{inner}}}" if inner else "none"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _first_line(thing: Any) -> str:
    return _escape((inspect.getdoc(thing) or "").partition("\n\n")[0])


def _escape(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())


if __name__ == "__main__":
    print(render_reference(), end="")
