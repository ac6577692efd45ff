"""A setting comes from the nearest place that names it, and a bad one says which place that was."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from promptverdict.core.errors import InputError
from promptverdict.settings import OPTIONS, Settings, read_table, resolve
from pydantic import ValidationError

from tests.cases import try_cases


def written(root: Path, table: str) -> Path:
    (root / "pyproject.toml").write_text(f"[tool.promptverdict]\n{table}\n", encoding="utf-8")
    return root


def resolved(
    root: Path,
    given: Mapping[str, Any] | None = None,
    ini: Mapping[str, Any] | None = None,
    environment: Mapping[str, str] | None = None,
) -> Settings:
    return resolve(root, given or {}, ini or {}, environment or {})


def problems(root: Path, *layers: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    with pytest.raises(InputError) as caught:
        resolved(root, *layers)
    return [(problem.where, problem.found, problem.cure) for problem in caught.value.problems]


def test_without_a_word_the_defaults_hold(tmp_path: Path) -> None:
    assert resolved(tmp_path) == Settings()
    assert Settings().record == "none"


def test_the_nearest_place_that_names_a_setting_wins(tmp_path: Path) -> None:
    """Option, then environment variable, then ini, then pyproject.toml, then the default."""
    layers: list[dict[str, Any]] = [
        {"concurrency": "5"},
        {"concurrency": "3"},
        {"PROMPTVERDICT_CONCURRENCY": "4"},
    ]
    written(tmp_path, "concurrency = 2")
    assert resolved(tmp_path, *layers).concurrency == 5
    assert resolved(tmp_path, {}, *layers[1:]).concurrency == 4
    assert resolved(tmp_path, {}, layers[1]).concurrency == 3
    assert resolved(tmp_path).concurrency == 2
    written(tmp_path, "")
    assert resolved(tmp_path).concurrency == 8


@pytest.mark.parametrize("nothing", [None, ""])
def test_a_place_that_says_nothing_lets_the_next_one_speak(tmp_path: Path, nothing: Any) -> None:
    written(tmp_path, 'agents = "mine"')
    silent = {"agents": nothing}
    assert resolved(tmp_path, silent, silent, {"PROMPTVERDICT_AGENTS": ""}).agents == "mine"


def test_each_setting_comes_from_its_own_place(tmp_path: Path) -> None:
    written(tmp_path, 'results = "out"\nmodels = {default = "relay/x"}')
    settings = resolved(
        tmp_path, {"record": "once"}, {"trials": "3"}, {"PROMPTVERDICT_SANDBOX": "none"}
    )
    assert settings.model_dump(exclude_defaults=True) == {
        "record": "once",
        "trials": 3,
        "sandbox": "none",
        "results": "out",
        "models": {"default": "relay/x"},
    }


def test_the_real_environment_is_asked_where_no_other_is_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROMPTVERDICT_TRIALS", "7")
    assert resolve(tmp_path, {}).trials == 7
    assert resolved(tmp_path).trials is None


def test_only_the_tables_have_no_option(tmp_path: Path) -> None:
    assert {*Settings.model_fields} - {*OPTIONS} == {"models", "parameters", "prices"}
    given = {"models": {"default": "x"}}
    assert resolved(tmp_path, given, given).models == {}
    ((where, _, cure),) = problems(tmp_path, {}, {}, {"PROMPTVERDICT_MODELS": "x"})
    assert where == "environment: PROMPTVERDICT_MODELS"
    assert cure == "write [tool.promptverdict.models] in pyproject.toml"


@pytest.mark.parametrize(
    ("name", "meant"),
    [("TRAILS", "TRIALS"), ("MODLE", "MODEL"), ("RECRD", "RECORD"), ("MAXCOST", "MAX_COST")],
)
def test_a_variable_that_is_nearly_called_like_ours_is_told(
    tmp_path: Path, name: str, meant: str
) -> None:
    (told,) = problems(tmp_path, {}, {}, {f"PROMPTVERDICT_{name}": "3"})
    assert told[0] == f"environment: PROMPTVERDICT_{name}"
    assert told[2] == f"did you mean PROMPTVERDICT_{meant}?"


@pytest.mark.parametrize("name", ["PROMPTVERDICT_DATA", "PROMPTVERDICT_", "TRAILS", "PROMPT_TRAIL"])
def test_a_variable_of_others_is_none_of_ours(tmp_path: Path, name: str) -> None:
    assert resolved(tmp_path, {}, {}, {name: "3"}) == Settings()
    assert resolved(tmp_path, {}, {}, {"PROMPTVERDICT_TRAILS": ""}) == Settings()


@pytest.mark.parametrize(
    "url", ["notaurl", "127.0.0.1:8765", "http://", "http://[::1", "http://a:port", "ftp://a:1"]
)
def test_a_relay_that_is_no_address_is_told_before_anything_is_asked(
    tmp_path: Path, url: str
) -> None:
    ((where, found, cure),) = problems(tmp_path, {"relay": url})
    assert where == "option: --relay"
    assert found == f"{url} is not the address of a relay"
    assert cure == "write http://host:port"


def test_a_relay_may_be_named_without_a_port(tmp_path: Path) -> None:
    assert resolved(tmp_path, {"relay": "https://relay.test"}).relay == "https://relay.test"


def test_a_table_of_models_under_the_name_of_the_model_is_told(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[tool.promptverdict.model]\ndefault = "relay/x"\n')
    assert problems(tmp_path) == [
        (
            "pyproject.toml: tool.promptverdict.model",
            "text is expected, not a table",
            "did you mean models?",
        )
    ]


@try_cases("name", OPTIONS)
def test_every_setting_says_what_it_is_for(name: str) -> None:
    assert Settings.model_fields[name].description


def test_settings_do_not_change_once_they_are_resolved(tmp_path: Path) -> None:
    with pytest.raises(ValidationError):
        resolved(tmp_path).trials = 3  # type: ignore[misc]


@pytest.mark.parametrize(
    ("key", "cure"),
    [
        ("trails", "did you mean trials?"),
        ("concurency", "did you mean concurrency?"),
        ("model_table", None),
        ("colour", None),
    ],
)
def test_an_unknown_key_is_told_with_the_nearest(
    tmp_path: Path, key: str, cure: str | None
) -> None:
    written(tmp_path, f"{key} = 3")
    ((where, found, told),) = problems(tmp_path)
    assert where == f"pyproject.toml: tool.promptverdict.{key}"
    assert found == "unknown setting"
    assert told == cure or (cure is None and told)


def test_where_no_key_is_near_all_are_told(tmp_path: Path) -> None:
    written(tmp_path, "colour = true")
    assert problems(tmp_path)[0][2] == f"known: {', '.join(Settings.model_fields)}"


@pytest.mark.parametrize(
    ("layers", "where"),
    [
        (({"trials": "many"},), "option: --trials"),
        (({}, {"trials": "many"}), "ini: promptverdict_trials"),
        (({}, {}, {"PROMPTVERDICT_TRIALS": "many"}), "environment: PROMPTVERDICT_TRIALS"),
    ],
)
def test_a_bad_value_says_where_it_came_from_and_what_would_do(
    tmp_path: Path, layers: tuple[Mapping[str, Any], ...], where: str
) -> None:
    written(tmp_path, "trials = 3")
    ((told, found, cure),) = problems(tmp_path, *layers)
    assert told == where
    assert found.startswith("a whole number is expected")
    assert found.endswith("got 'many'")
    assert cure.startswith("trials: Trials of each cell")


@pytest.mark.parametrize(
    ("line", "where", "found"),
    [
        ("trials = 0", "trials", "1 or more is expected, got 0"),
        ("trials = 1001", "trials", "1000 or less is expected, got 1001"),
        ("concurrency = 2.5", "concurrency", "got 2.5"),
        (
            'record = "always"',
            "record",
            "'both' or 'all' is expected, got 'always'",
        ),
        ('sandbox = "lxc"', "sandbox", "'podman' or 'none' is expected, got 'lxc'"),
        ("agents = 3", "agents", "text is expected, got 3"),
        ("models = 3", "models", "a mapping of keys is expected, got 3"),
        ("models.default = 3", "models.default", "text is expected, got 3"),
    ],
)
def test_a_bad_value_in_the_project_file_names_its_key(
    tmp_path: Path, line: str, where: str, found: str
) -> None:
    written(tmp_path, line)
    ((told, why, cure),) = problems(tmp_path)
    assert told == f"pyproject.toml: tool.promptverdict.{where}"
    assert why.endswith(found)
    assert cure.startswith(f"{where.partition('.')[0]}: ")


def test_all_that_is_wrong_is_told_together(tmp_path: Path) -> None:
    written(tmp_path, "trails = 3\ntrials = 0")
    told = problems(tmp_path, {"concurrency": "0"}, {}, {"PROMPTVERDICT_RECORD": "yes"})
    assert sorted(where for where, _, _ in told) == [
        "environment: PROMPTVERDICT_RECORD",
        "option: --concurrency",
        "pyproject.toml: tool.promptverdict.trails",
        "pyproject.toml: tool.promptverdict.trials",
    ]


def test_a_bad_value_that_is_overruled_does_no_harm(tmp_path: Path) -> None:
    written(tmp_path, "trials = 0")
    assert resolved(tmp_path, {"trials": "2"}).trials == 2


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (b"[tool.promptverdict]\ntrials = \n", "at line 2"),
        (b"[tool.promptverdict\n", "at line 1"),
        (b"[a]\n[a]\n", "not valid TOML"),
        (b"x = '\xff'\n", "byte 0xff at offset 5 is not UTF-8"),
    ],
)
def test_a_project_file_that_is_no_toml_is_told_with_the_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: bytes, told: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pyproject.toml").write_bytes(text)
    ((where, found, cure),) = problems(tmp_path)
    assert where.removesuffix(":1") == "pyproject.toml"
    assert told in found
    assert "\n" not in found
    assert cure


def test_a_project_file_that_is_too_large_is_refused_and_not_cut(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pyproject.toml").write_bytes(
        b"#" * 1_999_999 + b"\n[tool.promptverdict]\ntrials = 3\n"
    )
    ((where, found, _),) = problems(tmp_path)
    assert (where, found) == ("pyproject.toml", "larger than 2 MB")


@pytest.mark.parametrize("text", ["", "[tool]\n", "[tool.other]\nx = 1\n"])
def test_a_project_file_that_does_not_speak_of_us_says_nothing(tmp_path: Path, text: str) -> None:
    (tmp_path / "pyproject.toml").write_text(text)
    assert read_table(tmp_path / "pyproject.toml") == {}


@pytest.mark.parametrize("value", ["3", "'x'", "[1]", "false"])
def test_a_key_where_our_table_should_be_is_told(tmp_path: Path, value: str) -> None:
    (tmp_path / "pyproject.toml").write_text(f"[tool]\npromptverdict = {value}\n")
    ((where, found, _),) = problems(tmp_path)
    assert where.endswith("pyproject.toml: tool.promptverdict")
    assert found.startswith("a table is expected, got ")


@pytest.mark.skipif(
    os.name != "posix" or os.geteuid() == 0, reason="root may read every file, Windows has none"
)
def test_a_project_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    written(tmp_path, "").joinpath("pyproject.toml").chmod(0)
    assert "cannot be read" in problems(tmp_path)[0][1]


@pytest.mark.parametrize("key", ["model", "system", "instructions", "messages", "input", "tools"])
def test_a_parameter_cannot_replace_what_is_evaluated(tmp_path: Path, key: str) -> None:
    table = f'[tool.promptverdict.parameters."anthropic/x"]\nstream = true\n{key} = "x"\n'
    (tmp_path / "pyproject.toml").write_text(table)
    with pytest.raises(InputError) as caught:
        resolved(tmp_path)
    (problem,) = caught.value.problems
    assert problem.where == f'pyproject.toml: tool.promptverdict.parameters."anthropic/x".{key}'
    assert "evaluated" in problem.found


@pytest.mark.parametrize("value", ["2025-01-15", "12:30:00", "nan", "[[inf]]", "{a = 2025-01-15}"])
def test_a_parameter_that_no_request_can_hold_is_refused(tmp_path: Path, value: str) -> None:
    table = f'[tool.promptverdict.parameters."anthropic/x"]\nuser = {value}\n'
    (tmp_path / "pyproject.toml").write_text(table)
    with pytest.raises(InputError, match="a request cannot hold"):
        resolved(tmp_path)


def test_parameters_of_a_model_are_taken_as_they_are(tmp_path: Path) -> None:
    table = (
        '[tool.promptverdict.parameters."anthropic/x"]\nstream = true\n'
        'cache_control = {type = "ephemeral"}\n'
        'thinking = {type = "enabled", budget_tokens = 2000}\n'
    )
    (tmp_path / "pyproject.toml").write_text(table)
    assert resolved(tmp_path).parameters["anthropic/x"] == {
        "stream": True,
        "cache_control": {"type": "ephemeral"},
        "thinking": {"type": "enabled", "budget_tokens": 2000},
    }


def test_places_of_agents_are_a_text_with_commas_or_a_list(tmp_path: Path) -> None:
    written(tmp_path, 'agents = ["agents", "plugins/*/agents"]')
    settings = resolved(tmp_path, {}, {}, {})
    assert settings.agents == "agents, plugins/*/agents"
    assert settings.agent_places == ("agents", "plugins/*/agents")
    by_hand = resolved(tmp_path, {"agents": "one.md,two"}, {}, {})
    assert by_hand.agent_places == ("one.md", "two")
