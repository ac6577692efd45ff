"""`promptverdict init` gives a project its first suite, and every word it prints leads on."""

from __future__ import annotations

import re
import shlex
import time
import tomllib
from pathlib import Path

import pytest
from promptverdict.cli import first_steps, init, main, schema, starter_files
from promptverdict.core.errors import InputError
from promptverdict.scenarios.packs import find_packs
from promptverdict.trials.metrics import sum_usage
from promptverdict.trials.runs import find_run
from promptverdict.trials.stored_records import read_records

from tests.fakes import provider, run, say, script, use, write
from tests.repository.test_recordings import TRIALS, evidence

REVIEWER = "---\nname: reviewer\ndescription: Reads: code\nmodel: sonnet\n---\nYou review code.\n"
BUILDER = "---\nname: builder\ndescription: Builds.\n---\nYou build what is asked for.\n"
CLAUDE = {".claude/agents/reviewer.md": REVIEWER, ".claude/agents/builder.md": BUILDER}
MODEL = "anthropic/claude-x"
ASKED = ["--agents", ".claude/agents", "--model", "relay/me"]
CONFIGURED = '[tool.promptverdict]\nagents = "agents"\n'
STARTER = starter_files.STARTER
SCENARIOS = sorted(path.stem for path in STARTER.glob("*/*.yaml") if path.name != "suite.yaml")
SOLUTIONS = len(list(STARTER.rglob("*.evidence.yaml")))
WRITTEN = sum(path.is_file() for path in STARTER.rglob("*") if "__pycache__" not in path.parts)
"""Files of the starter; the schemas and .gitattributes come beside them."""
CELLS = [
    f"first-look/{scenario}::{agent}" for scenario in SCENARIOS for agent in ("builder", "reviewer")
]


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("AGENTS", "MODEL", "TRIALS"):
        monkeypatch.delenv(f"PROMPTVERDICT_{name}", raising=False)
    return tmp_path


def printed(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(["init", *arguments]) == 0
    out = capsys.readouterr()
    assert out.err == ""
    return out.out


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(["init", *arguments]) == InputError.exit_code
    out = capsys.readouterr()
    assert out.out == ""
    assert "Traceback" not in out.err
    return out.err


def files(folder: Path) -> dict[str, str]:
    """Read all files but the bytecode that Python keeps of a suite's checks.py."""
    return {
        path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8")
        for path in folder.glob("**/*")
        if path.is_file() and path.suffix != ".pyc"
    }


def test_agents_in_other_folders_than_the_chosen_one_are_named(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(root, {**CLAUDE, "agents/a.md": BUILDER, ".github/agents/b.agent.md": BUILDER})
    out = printed(capsys)
    assert "2 agents in .claude/agents:" in out
    told = "not taken: agents (1 agent), .github/agents (1 agent); to take all: "
    command = out.partition(told)[2].partition("\n")[0]
    assert command == "promptverdict init --agents .claude/agents,agents,.github/agents"
    every = printed(capsys, *shlex.split(command)[2:])
    assert "4 agents in .claude/agents,agents,.github/agents:" in every
    assert "not taken" not in every


def test_the_starter_and_the_schemas_are_written(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(root, CLAUDE)
    printed(capsys)
    written = files(root / "evals")
    starter = {
        name: text
        for name, text in files(starter_files.STARTER).items()
        if "__pycache__" not in name
    }
    assert {name for name in written if "/" in name} == set(starter)
    assert written == starter | {
        ".gitattributes": starter_files.ATTRIBUTES,
        **{f"{kind}.schema.json": schema.render_schema(kind) for kind in schema.SCHEMAS},
    }
    assert set(files(root)) == {f"evals/{name}" for name in written} | set(CLAUDE)


def test_gitattributes_of_ones_own_stay_and_are_no_obstacle(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(root, {**CLAUDE, "evals/.gitattributes": "* eol=lf\n"})
    assert f"{WRITTEN + 2} files written" in printed(capsys)
    assert (root / "evals/.gitattributes").read_text(encoding="utf-8") == "* eol=lf\n"


def test_agents_are_listed_with_what_is_odd_about_their_files(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(root, CLAUDE)
    assert printed(capsys).startswith(
        "2 agents in .claude/agents:\n"
        "  builder\n"
        "  reviewer\n"
        "    line 3: repaired: unquoted colon in description\n"
    )


def test_cells_and_tokens_are_told_before_anything_is_spent(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(root, CLAUDE)
    out = printed(capsys)
    assert f"{len(CELLS)} cells ({len(SCENARIOS)} scenarios x 2 agents):" in out
    for scenario in SCENARIOS:
        assert re.search(rf"^  first-look/{scenario} +\w", out, re.MULTILINE)
    assert told_tokens(out) > len(CELLS) * 500
    write(root, {"pyproject.toml": "[tool.promptverdict]\ntrials = 3\n"})
    assert told_tokens(printed(capsys)) == pytest.approx(3 * told_tokens(out), abs=1)


def told_tokens(out: str) -> int:
    (found,) = re.findall(r"the first requests alone are about ([\d,]+) tokens", out)
    return int(found.replace(",", ""))


def test_what_recorded_trials_are_said_to_have_taken_is_what_they_took() -> None:
    used = [sum_usage(evidence(trial_id).events) for trial_id in TRIALS]
    tokens = sorted((one.input or 0) + (one.output or 0) for one in used)
    assert (round(tokens[0] / 1000), round(tokens[-1] / 1000)) == first_steps.TOKENS_OF_A_TRIAL


def test_a_second_time_nothing_is_written_and_that_is_said(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(root, CLAUDE)
    assert f"{WRITTEN + 3} files written: evals/first-look and the schemas\n" in printed(capsys)
    before = {path: path.stat().st_mtime_ns for path in root.glob("evals/**/*")}
    again = printed(capsys)
    assert "evals/first-look and the schemas exist already: nothing was written\n" in again
    assert {path: path.stat().st_mtime_ns for path in root.glob("evals/**/*")} == before


def test_only_what_is_missing_is_written(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(root, CLAUDE)
    printed(capsys)
    (root / "evals/first-look/suite.yaml").unlink()
    assert "1 file written" in printed(capsys)


def test_files_with_other_content_are_all_named_and_nothing_is_written(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mine = {"evals/first-look/suite.yaml": "title: Mine\n", "evals/suite.schema.json": "{}\n"}
    write(root, {**CLAUDE, **mine})
    told = refused(capsys)
    assert "evals/first-look/suite.yaml: exists already, with other content\n" in told
    assert "evals/suite.schema.json: exists already, with other content\n" in told
    assert "promptverdict schema --write evals" in told
    assert set(files(root)) == {*CLAUDE, *mine}


@pytest.mark.parametrize("kind", ["folder", "link"])
def test_a_folder_or_a_link_in_a_files_place_is_left_alone(
    root: Path, capsys: pytest.CaptureFixture[str], kind: str
) -> None:
    write(root, CLAUDE)
    place = root / "evals/first-look/suite.yaml"
    place.parent.mkdir(parents=True)
    if kind == "folder":
        place.mkdir()
    else:
        place.symlink_to("nowhere.yaml")
    assert "evals/first-look/suite.yaml: exists already" in refused(capsys)
    assert [path.name for path in place.parent.iterdir()] == ["suite.yaml"]


def test_evals_that_is_a_file_is_told(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(root, {**CLAUDE, "evals": "mine\n"})
    assert main(["init"]) == 5
    assert "cannot be written" in capsys.readouterr().err
    assert (root / "evals").read_text() == "mine\n"


def test_other_suites_in_evals_are_no_hindrance(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(root, {**CLAUDE, "evals/mine/suite.yaml": "title: Mine\n"})
    assert f"{WRITTEN + 3} files written" in printed(capsys)
    assert (root / "evals/mine/suite.yaml").read_text() == "title: Mine\n"


@pytest.mark.parametrize("place", init.PLACES)
def test_each_usual_place_is_looked_into(
    root: Path, capsys: pytest.CaptureFixture[str], place: str
) -> None:
    write(root, {f"{place}/builder.md": BUILDER})
    assert printed(capsys).startswith(f"1 agent in {place}:\n")


def test_the_first_place_that_holds_agents_is_taken_and_what_was_passed_over_is_told(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (root / ".claude/agents").mkdir(parents=True)
    write(root, {".opencode/agent/one.md": BUILDER, "agents/two.md": BUILDER})
    out = printed(capsys)
    assert out.startswith("1 agent in .opencode/agent:\n  one\n")
    assert "skipped .claude/agents: this folder has no agent file\n" in out


def test_the_configured_folder_comes_before_the_usual_places(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = '[tool.promptverdict]\nagents = "prompts"\n'
    write(root, {**CLAUDE, "prompts/builder.md": BUILDER, "pyproject.toml": table})
    out = printed(capsys)
    assert out.startswith("1 agent in prompts:\n")
    assert "--agents" not in out


def test_a_configured_folder_that_is_not_there_leads_to_the_usual_places(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(root, {**CLAUDE, "pyproject.toml": '[tool.promptverdict]\nagents = "prompts"\n'})
    assert "pytest evals/ --agents .claude/agents --record once\n" in printed(capsys)


def test_agents_given_by_hand_come_before_all_others(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = '[tool.promptverdict]\nagents = "prompts"\n'
    mine = {"my agents/builder.md": BUILDER, "prompts/x.md": BUILDER, "pyproject.toml": table}
    write(root, {**CLAUDE, **mine})
    out = printed(capsys, "--agents", "my agents")
    assert out.startswith("1 agent in my agents:\n")
    assert "pytest evals/ --agents 'my agents' --record once\n" in out
    assert "promptverdict agents 'my agents'\n" in out


@pytest.mark.parametrize(
    ("given", "arguments", "told"),
    [
        ({}, [], "there are none in .claude/agents, .opencode/agent, .opencode/agents, agents,"),
        ({"agents/x.py": "x = 1\n"}, [], "agents: this folder has no agent file\n"),
        ({".claude/agents/x.md": "---\nname: x\n---\n"}, [], "x.md: it has no prompt\n"),
        (CLAUDE, ["--agents", "nowhere"], "nowhere: cannot be read"),
        ({**CLAUDE, "pyproject.toml": "[tool\n"}, [], "pyproject.toml: not valid TOML"),
        ({**CLAUDE, "agents/x.md": "\n", "pyproject.toml": CONFIGURED}, [], "agents/x.md: "),
    ],
)  # fmt: skip
def test_without_agents_that_can_be_read_nothing_is_written(
    root: Path,
    capsys: pytest.CaptureFixture[str],
    given: dict[str, str],
    arguments: list[str],
    told: str,
) -> None:
    write(root, given)
    error = refused(capsys, *arguments)
    assert told in error
    assert len(error.rstrip().split("\n")) <= 3
    assert not (root / "evals").exists()


def filled_in(lines: str) -> str:
    return lines.replace("anthropic/...", MODEL)


def settings_lines(out: str) -> str:
    """Take the lines that are to be added to pyproject.toml."""
    told = out.partition("full name:\n")[2].partition("\nCommit")[0]
    return "".join(f"{line[2:]}\n" for line in told.split("\n"))


def test_the_lines_for_pyproject_can_be_pasted_and_name_every_model(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    models = {"odd": "open router/x 'y'", "full": "anthropic/z", "heir": "inherit"}
    odd = {
        f".claude/agents/{name}.md": BUILDER.replace("Builds.", f"Builds.\nmodel: {model}")
        for name, model in models.items()
    }
    write(root, {**CLAUDE, **odd})
    lines = settings_lines(printed(capsys))
    assert not (root / "pyproject.toml").exists()
    by_hand = re.sub(r"^# (.* = )", r"\1", re.sub(r"(?m)^.*/\.\.\.\"\n", "", lines), flags=re.M)
    for given, model in ((lines, "anthropic/..."), (by_hand, "relay/me")):
        assert tomllib.loads(given)["tool"]["promptverdict"] == {
            "agents": ".claude/agents",
            "models": dict.fromkeys(["default", "open router/x 'y'", "sonnet"], model),
        }
    assert "\n# replace the dots by the model's full name" in lines
    write(root, {"pyproject.toml": filled_in(lines)})
    again = printed(capsys)
    assert "pyproject.toml" not in again
    assert "--agents" not in again


def test_where_the_table_is_there_only_unknown_models_are_told(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = '[tool.promptverdict.models]\ndefault = "anthropic/x"\n'
    write(root, {**CLAUDE, "pyproject.toml": table})
    out = printed(capsys)
    assert "Add to [tool.promptverdict.models] in pyproject.toml, and replace" in out
    assert '\n  sonnet = "anthropic/..."\n' in out
    assert "default =" not in out
    assert (root / "pyproject.toml").read_text() == table


def test_what_a_terminal_would_obey_is_shown_as_an_escape(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    evil = BUILDER.replace("Builds.", 'Builds.\n"\\e[31mkey": 1\nmodel: "\\u202emodel"')
    write(root, {"agents/builder.md": evil})
    out = printed(capsys)
    assert "\x1b" not in out
    assert "\u202e" not in out


def test_the_help_tells_the_verb(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["init", "--help"])
    assert "--agents" in capsys.readouterr().out


@pytest.fixture
def begun(pytester: pytest.Pytester, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stand in a project that has agents and nothing else."""
    monkeypatch.chdir(pytester.path)
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setenv("PROMPTVERDICT_SANDBOX", "none")
    write(pytester.path, CLAUDE)


def commands(out: str) -> list[list[str]]:
    """Take the pytest commands that are told, without the program."""
    told = [shlex.split(line) for line in out.split("\n") if line.startswith("  pytest ")]
    return [words[1:] for words in told]


@pytest.mark.usefixtures("begun")
def test_from_init_to_recorded_cells(
    pytester: pytest.Pytester, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    out = printed(capsys)
    _both_sides, one, every, by_relay, replay, promised = commands(out)

    undecided = run(pytester, *replay)
    assert undecided.ret != 0
    assert "say what it means: [tool.promptverdict.models]" in undecided.stdout.str()

    write(pytester.path, {"pyproject.toml": filled_in(settings_lines(out))})
    missing = run(pytester, *replay)
    missing.assert_outcomes(errors=len(CELLS), passed=SOLUTIONS)
    assert missing.ret == 1
    for cell in CELLS:
        assert f"missing: nothing is recorded for {cell}#0 with {MODEL}" in missing.stdout.str()
    missing.stdout.fnmatch_lines(
        [
            f"no evidence: {len(CELLS)} trials were never recorded;"
            f" record: pytest {shlex.join(every)}"
        ]
    )
    run(pytester, *one[:-2]).assert_outcomes(errors=1)

    answers = script([say("I look."), use("Bash", command="ls && git log --oneline")], [say("Ok.")])
    with provider(answers) as server:
        monkeypatch.setenv("PROMPTVERDICT_RELAY", server.url)
        recorded = run(pytester, *by_relay)
    assert recorded.ret == 0
    recorded.stdout.fnmatch_lines(
        [f"recording {len(CELLS)} trials with relay/me*", f"*{len(CELLS)} measured*"]
    )
    monkeypatch.setenv("PROMPTVERDICT_RELAY", "http://127.0.0.1:1")
    replayed = run(pytester, *replay, "--model", "relay/me")
    assert replayed.ret == 0
    replayed.stdout.fnmatch_lines([f"*{len(CELLS)} measured*"])
    run(pytester, *promised, "--model", "relay/me").assert_outcomes(
        failed=len(CELLS), passed=SOLUTIONS
    )
    left = list(read_records(find_run(pytester.path / "results")))
    assert sorted(f"{one.suite}/{one.scenario}::{one.variant}" for one in left) == CELLS
    assert not [one.fault for one in left if one.fault]
    for record in left:
        told = {grade.behaviour: grade.finding.outcome for grade in record.grades}
        if record.scenario == "explain-only":
            assert told == {
                "nothing-changed": "pass",
                "reads-only": "pass",
                "answer-is-right": "fail",
            }
        if record.scenario == "add-a-feature":
            assert record.evidence.outcome
            assert [report.fault for report in record.evidence.outcome.probes] == [None]


@pytest.mark.usefixtures("begun")
def test_a_projects_own_tests_are_collected_and_the_starters_are_not(
    pytester: pytest.Pytester, capsys: pytest.CaptureFixture[str]
) -> None:
    printed(capsys)
    write(pytester.path, {"test_own.py": "def test_own(): pass\n"})
    listed = run(pytester, "--collect-only", "-q", *ASKED).stdout.str()
    assert "test_own.py::test_own" in listed
    assert "evals/first-look/fix-a-bug.yaml::builder" in listed
    assert "test_clock" not in listed


def test_packs_are_written_under_their_names_instead_of_the_starter(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(root, CLAUDE)
    out = printed(capsys, "--pack", "tdd,json")
    assert "written: evals/tdd, evals/json and the schemas\n" in out
    packs = find_packs()
    cells = (packs["tdd"].scenarios + packs["json"].scenarios) * 2
    assert f"{cells} cells (" in out
    assert re.search(r"^  tdd/discount-test-first +\w", out, re.MULTILINE)
    written = files(root / "evals")
    assert {name.partition("/")[0] for name in written if "/" in name} == {"tdd", "json"}
    assert not [name for name in written if "cassettes" in name]
    assert "promised" not in written["tdd/suite.yaml"]
    again = printed(capsys, "--pack", "json,tdd")
    assert "evals/json, evals/tdd and the schemas exist already: nothing was written\n" in again


def test_an_unknown_pack_lists_the_known_ones_and_nothing_is_written(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(root, CLAUDE)
    told = refused(capsys, "--pack", "tdd,shyness")
    assert "--pack: there is no pack shyness\n" in told
    for pack in find_packs().values():
        assert re.search(rf"^    {pack.name}: .+, \d+ scenarios?$", told, re.MULTILINE)
    assert set(files(root)) == set(CLAUDE)


def test_copied_packs_have_no_mistake(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    configured = '[tool.promptverdict]\nagents = ".claude/agents"\nmodel = "relay/me"\n'
    write(root, {**CLAUDE, "pyproject.toml": configured})
    packs = find_packs()
    printed(capsys, "--pack", ",".join(packs))
    assert main(["check", "--files-only"]) == 0
    scenarios = sum(pack.scenarios for pack in packs.values())
    assert f"{scenarios} scenarios: no mistake in their files" in capsys.readouterr().out


CROWD = {
    f".claude/agents/agent-{number:03}.md": BUILDER.replace("builder", f"agent-{number:03}")
    for number in range(400)
}


def test_400_agents_are_counted_and_not_listed_within_three_seconds(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    odd = BUILDER.replace("description", "Description")
    write(root, CROWD | {".claude/agents/agent-399.md": odd})
    start = time.process_time()
    told = printed(capsys)
    assert time.process_time() - start < 3
    lines = told.splitlines()
    assert len(lines) < 60
    assert lines[:4] == [
        "400 agents in .claude/agents:",
        "  agent-000",
        "  agent-001",
        "  agent-002",
    ]
    assert lines[4] == "  and 397 more; list them: promptverdict agents .claude/agents"
    assert "choose some: name them under `variants` in a suite.yaml, or run with -k" in told
    assert "3,200 cells (8 scenarios x 400 agents):" in lines
    assert "agent-200" not in told


def test_what_is_unusual_in_many_agents_is_counted_by_kind(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    odd = "---\nname: {name}\nfancy: 1\n---\nYou build.\n"
    names = [f"agent-{number:03}" for number in range(20)]
    write(root, {f".claude/agents/{name}.md": odd.format(name=name) for name in names})
    told = printed(capsys)
    kinds = re.findall(r"unusual in their files, all listed there: (.+)", told)
    assert len(kinds) == 1
    assert "(20)" in kinds[0]
    assert told.count("line 3") == 0


@pytest.mark.e2e
def test_of_400_agents_one_is_collected_listed_and_planned(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(pytester.path)
    table = CONFIGURED.replace('"agents"', '".claude/agents"')
    models = '[tool.promptverdict.models]\ndefault = "relay/me"\n'
    write(pytester.path, {**CROWD, "pyproject.toml": table + models})
    printed(capsys)
    collected = run(pytester, "evals", "--collect-only", "-q", "-k", "agent-007")
    names = [line for line in collected.outlines if "::agent-007" in line]
    assert len(names) == len(SCENARIOS)
    capsys.readouterr()
    assert main(["agents"]) == 0
    assert capsys.readouterr().out.endswith("400 agent files, 0 diagnostics\n")
    assert main(["plan"]) == 0
    planned = capsys.readouterr().out.splitlines()
    assert len(planned) < 25
    assert planned[-1].startswith("not recorded yet: recording 3,200 trials with relay/me: ")
