"""`promptverdict schema` gives editors what the loader accepts."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from promptverdict.cli import schema
from promptverdict.core.errors import StorageError

from tests.cases import try_cases


def run(*arguments: str) -> int:
    parser = argparse.ArgumentParser()
    schema.add_parser(parser.add_subparsers())
    return schema.run(parser.parse_args(["schema", *arguments]))


def parsed(kind: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(schema.render_schema(kind))
    return loaded


def objects(part: object) -> Iterator[dict[str, Any]]:
    """Give every object that has named properties, wherever it stands."""
    if isinstance(part, dict):
        if "properties" in part and "type" in part:
            yield part
        for inner in part.values():
            yield from objects(inner)


@pytest.mark.parametrize("kind", ["scenario", "suite"])
def test_a_schema_is_printed_alone(capsys: pytest.CaptureFixture[str], kind: str) -> None:
    assert run(kind) == 0
    assert capsys.readouterr().out == schema.render_schema(kind)


def test_the_schema_of_scenarios_is_printed_where_none_is_named(
    capsys: pytest.CaptureFixture[str],
) -> None:
    run()
    assert capsys.readouterr().out == schema.render_schema("scenario")


@try_cases("kind", schema.SCHEMAS)
def test_a_schema_names_every_key_and_refuses_all_others(kind: str) -> None:
    whole = parsed(kind)
    assert whole["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert list(whole["properties"]) == list(schema.SCHEMAS[kind].model_fields)
    for part in objects(whole):
        assert part["additionalProperties"] is False


def test_a_schema_is_the_same_each_time() -> None:
    assert schema.render_schema("scenario") == schema.render_schema("scenario")
    assert schema.render_schema("scenario").endswith("}\n")


def test_both_schemas_are_written_into_a_folder(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "evals"
    for _ in range(2):
        assert run("--write", str(folder)) == 0
    written = {path.name: path.read_text(encoding="utf-8") for path in folder.iterdir()}
    assert written == {f"{kind}.schema.json": schema.render_schema(kind) for kind in schema.SCHEMAS}


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(StorageError, match="cannot be written"):
        run("--write", str(tmp_path / "file" / "evals"))


def test_a_kind_that_does_not_exist_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        run("variant")
    assert caught.value.code == 2
    assert "scenario" in capsys.readouterr().err
