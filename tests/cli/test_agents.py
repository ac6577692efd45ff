"""`promptverdict agents` shows every agent as it is read, with what is odd about it."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import pytest
from promptverdict.agents.variant import Variant
from promptverdict.cli import agents
from promptverdict.core.errors import InputError

GOOD = (
    "---\nname: a\ndescription: Builds.\ntools: Read, mcp__x__y\nmodel: sonnet\n---\n"
    "You are a.\nBye.\n"
)
BROKEN = "---\nname: b\ndescription: Use: this\nemoji: 'ðŸŸ\u00a0'\n---\nYou are b.\n"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PROMPTVERDICT_AGENTS", raising=False)
    for name, text in (("dev/base.md", GOOD), ("dev/next.md", BROKEN)):
        file = tmp_path / "agents" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return tmp_path


def run(*arguments: str) -> int:
    parser = argparse.ArgumentParser()
    agents.add_parser(parser.add_subparsers())
    asked = parser.parse_args(["agents", *arguments])
    return int(agents.run(asked))


@pytest.mark.usefixtures("project")
def test_every_agent_is_listed_with_its_diagnostics(capsys: pytest.CaptureFixture[str]) -> None:
    assert run() == 0
    assert capsys.readouterr().out == (
        "dev/base\n"
        "  file      agents/dev/base.md, claude-code\n"
        "  name      a\n"
        "  model     sonnet\n"
        "  tools     Read (not ours: mcp__x__y)\n"
        "  prompt    2 lines, 15 characters\n"
        "  line 4    unknown-tool: mcp__x__y belongs to an MCP server: offered only where a"
        " scenario scripts it (mcp)\n"
        "\n"
        "dev/next\n"
        "  file      agents/dev/next.md, claude-code\n"
        "  name      b\n"
        "  model     none given\n"
        "  tools     all that a scenario allows\n"
        "  prompt    1 line, 10 characters\n"
        "  line 3    repaired: unquoted colon in description\n"
        "  line 4    unknown-key: emoji is not a key of claude-code: kept as metadata\n"
        "  line 4    mojibake: emoji has `ðŸŸ\\xa0`, probably 🟠 (U+1F7E0) in a wrong encoding\n"
        "\n"
        "2 agent files, 4 diagnostics\n"
    )


@pytest.mark.usefixtures("project")
def test_json_gives_the_normal_forms(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--json", "agents/dev/next.md", "agents") == 0
    forms = json.loads(capsys.readouterr().out)
    assert [form.pop("id") for form in forms] == ["dev/base", "dev/next", "next"]
    variants = [Variant.model_validate(form) for form in forms]
    assert variants[2].metadata == {"emoji": "ðŸŸ\u00a0"}
    assert variants[0].tools == ("Read",)


def test_the_configured_folder_is_read_where_no_path_is_given(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "agents").rename(project / "prompts")
    (project / "pyproject.toml").write_text('[tool.promptverdict]\nagents = "prompts"\n')
    assert run() == 0
    assert "prompts/dev/base.md" in capsys.readouterr().out


@pytest.mark.usefixtures("project")
def test_the_problems_of_all_paths_are_told_together_and_the_rest_is_listed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    Path("empty.md").write_text("")
    with pytest.raises(InputError) as caught:
        run("agents", "empty.md", "none.md")
    assert [problem.where for problem in caught.value.problems] == ["empty.md", "none.md"]
    assert capsys.readouterr().out.startswith("dev/base\n")


@pytest.mark.usefixtures("project")
def test_several_folders_are_read_by_a_pattern_and_named_by_what_it_matched(
    capsys: pytest.CaptureFixture[str],
) -> None:
    for plugin in ("one", "two"):
        file = Path("plugins", plugin, "agents/review.md")
        file.parent.mkdir(parents=True)
        file.write_text(GOOD, encoding="utf-8")
    Path("plugins/two/agents/CHANGELOG.md").write_text("# Changes\n")
    assert run("--json", "plugins/*/agents", "agents") == 0
    ids = [form["id"] for form in json.loads(capsys.readouterr().out)]
    assert ids == ["dev/base", "dev/next", "one/review", "two/review"]
    assert run("plugins/*/agents") == 0
    assert "no agents: plugins/two/agents/CHANGELOG.md\n" in capsys.readouterr().out
    with pytest.raises(InputError, match="no path is like this"):
        run("addons/*/agents")


@pytest.mark.usefixtures("project")
def test_what_a_terminal_would_obey_is_shown_as_an_escape(
    capsys: pytest.CaptureFixture[str],
) -> None:
    text = '---\nname: "\\e[31mred\\u202e\\n::error::x"\n---\nYou are [bold]x[/bold].\n'
    Path("evil.md").write_text(text)
    assert run("evil.md") == 0
    shown = capsys.readouterr().out
    assert r"  name      \x1b[31mred\u202e\n::error::x" in shown
    assert "\x1b" not in shown


@pytest.mark.usefixtures("project")
def test_on_a_terminal_the_same_words_are_shown(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    run()
    plain = capsys.readouterr().out.split()
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("TERM", "dumb")
    run()
    assert capsys.readouterr().out.split() == plain
