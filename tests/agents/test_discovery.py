"""Agents are found in every layout, and all bad files are told together."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from promptverdict.agents import candidates
from promptverdict.agents.discovery import find_agents
from promptverdict.agents.variant import Variant
from promptverdict.core.errors import InputError

from tests.agents.loaded import load_agents

SEEDS = Path(__file__).parents[2].parent / "shared" / "seeds"
GOOD = "---\nname: {name}\ndescription: x\n---\nYou are {name}.\n"


def write(path: Path, text: str | None = None) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(GOOD.format(name=path.stem) if text is None else text, encoding="utf-8")
    return path


def ids(path: Path) -> list[str]:
    return [variant.id for variant in load_agents(path)]


def problems(path: Path) -> list[str]:
    with pytest.raises(InputError) as caught:
        load_agents(path)
    assert all(problem.cure for problem in caught.value.problems)
    return [f"{problem.where}: {problem.found}" for problem in caught.value.problems]


def kinds(variant: Variant) -> list[str]:
    return [diagnostic.kind for diagnostic in variant.diagnostics]


def test_folders_are_agents_and_their_files_variants(tmp_path: Path) -> None:
    for name in ("b/two.md", "b/one.md", "a/base.md", "a/notes.txt", "a/.hidden.md", ".git/x.md"):
        write(tmp_path / name)
    assert ids(tmp_path) == ["a/base", "b/one", "b/two"]
    first = load_agents(tmp_path)[0]
    assert (first.agent, first.variant) == ("a", "base")


def test_in_a_flat_folder_each_file_is_an_agent(tmp_path: Path) -> None:
    for name in ("reviewer.md", "builder.MD", "notes.txt", "data.json"):
        write(tmp_path / name)
    assert ids(tmp_path) == ["builder", "reviewer"]
    assert load_agents(tmp_path)[0].variant is None


def test_flat_files_and_folders_may_lie_together(tmp_path: Path) -> None:
    write(tmp_path / "solo.md")
    write(tmp_path / "team/base.md")
    assert ids(tmp_path) == ["solo", "team/base"]


@pytest.mark.parametrize("name", ["x.md", "x.txt", "x.agent", "x", "README.md"])
def test_a_file_named_by_itself_may_have_any_ending(tmp_path: Path, name: str) -> None:
    assert ids(write(tmp_path / name, "You are x.")) == [Path(name).stem]


def test_a_folder_without_md_files_is_read_by_its_other_texts(tmp_path: Path) -> None:
    write(tmp_path / "README.md", "# How these came about\n")
    for name in ("a.txt", "b.prompt", "c.py", "d.json"):
        write(tmp_path / name, "You are it.")
    assert ids(tmp_path) == ["a", "b"]


def test_a_readme_is_an_agent_only_with_frontmatter(tmp_path: Path) -> None:
    write(tmp_path / "a.md")
    write(tmp_path / "README.md", "# Agents\n\n---\n\nname: x\n")
    write(tmp_path / "b/base.md")
    write(tmp_path / "b/readme.md", "")
    assert ids(tmp_path) == ["a", "b/base"]
    write(tmp_path / "README.md")
    assert ids(tmp_path) == ["README", "a", "b/base"]


def test_the_path_is_written_from_the_working_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "agents/a/base.md")
    outside = load_agents(tmp_path / "agents")
    assert outside[0].path == (tmp_path / "agents/a/base.md").as_posix()
    monkeypatch.chdir(tmp_path)
    assert load_agents(Path("agents"))[0].path == "agents/a/base.md"
    assert load_agents(tmp_path / "agents")[0].path == "agents/a/base.md"


def test_all_bad_files_are_told_together(tmp_path: Path) -> None:
    write(tmp_path / "good.md")
    write(tmp_path / "empty.md", "")
    write(tmp_path / "bodyless.md", "---\nname: a\n---\n\n")
    write(tmp_path / "comments.md", "---\nname: a\n---\n<!-- later -->\n")
    write(tmp_path / "big.md", "x" * 1_000_001)
    write(tmp_path / "huge.md", "x" * 2_000_001)
    write(tmp_path / "conflict.md", "---\nname: a\n---\nYou\n<<<<<<< HEAD\nare\n")
    (tmp_path / "latin.md").write_bytes(b"---\nname: a\n---\ncaf\xe9\n")
    (tmp_path / "utf16.md").write_bytes("You are".encode("utf-16"))
    where = tmp_path.as_posix()
    assert problems(tmp_path) == [
        f"{where}/big.md: an agent file of more than 1 MB",
        f"{where}/bodyless.md: it has no prompt",
        f"{where}/comments.md: it has only comments, no prompt",
        f"{where}/conflict.md:5: unresolved merge conflict",
        f"{where}/empty.md: it has no prompt",
        f"{where}/huge.md: larger than 2 MB",
        f"{where}/latin.md:4: byte 0xe9 at offset 19 is not UTF-8",
        f"{where}/utf16.md: UTF-16 or not text at all",
    ]


def test_a_conflict_shown_in_a_code_fence_is_an_example(tmp_path: Path) -> None:
    body = "Resolve:\n```\n<<<<<<< HEAD\na\n=======\nb\n>>>>>>> main\n```\n"
    assert ids(write(tmp_path / "merger.md", body)) == ["merger"]


def test_a_path_without_agents_is_refused(tmp_path: Path) -> None:
    assert "cannot be read: " in problems(tmp_path / "none")[0]
    assert "this folder has no agent file" in problems(tmp_path)[0]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes with names are of POSIX")
def test_a_pipe_among_the_files_does_not_hang(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.md")
    assert "no regular file" in problems(tmp_path)[0]


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege there")
def test_a_link_may_not_lead_out_of_the_folder(tmp_path: Path) -> None:
    secret = write(tmp_path / "secret.md")
    write(tmp_path / "elsewhere/base.md")
    inside = write(tmp_path / "agents/a.md")
    (tmp_path / "agents/b.md").symlink_to(inside)
    assert ids(tmp_path / "agents") == ["a", "b"]
    (tmp_path / "agents/c.md").symlink_to(secret)
    (tmp_path / "agents/d").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "agents/e.md").symlink_to(tmp_path / "none.md")
    (tmp_path / "agents/f.md").symlink_to(tmp_path / "agents/f.md")
    told = problems(tmp_path / "agents")
    assert [line.rpartition("agents/")[2].partition(":")[0] for line in told] == [
        "c.md",
        "d",
        "e.md",
        "f.md",
    ]
    assert all("symbolic link" in line for line in told)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("a.md", "a.MD"),
        ("a.md", "A.md"),
        ("straße.md", "STRASSE.md"),
        ("caf\u00e9.md", "cafe\u0301.md"),
        ("a.b.md", "a/b.md"),
        ("x/a.txt", "x/a.prompt"),
    ],
)
def test_two_files_may_not_have_one_id(tmp_path: Path, first: str, second: str) -> None:
    write(tmp_path / first)
    write(tmp_path / second)
    if len([path for path in tmp_path.rglob("*") if path.is_file()]) < 2:
        pytest.skip("this file system keeps no two such names")
    (told,) = problems(tmp_path)
    assert "is that of" in told


@pytest.mark.skipif(sys.platform == "win32", reason="such names are impossible there")
@pytest.mark.parametrize(
    "stem", ["a:b", "a\nb", "a\x1b[31mb", "a*", "..a", "-rf", " a", "a..b", "\u202etxt", "x" * 101]
)
def test_a_name_that_makes_no_usable_id_is_refused(tmp_path: Path, stem: str) -> None:
    write(tmp_path / "team" / f"{stem}.md", "You are x.")
    if stem == "..a":
        assert "no agent file" in problems(tmp_path)[0]
    else:
        assert "its name makes no usable id" in problems(tmp_path)[0]
    assert "\x1b" not in problems(tmp_path)[0].partition(": ")[2]


def test_a_name_that_different_agents_claim_is_told_in_both(tmp_path: Path) -> None:
    write(tmp_path / "a.md", "---\ndescription: x\nname: same\n---\nText\n")
    write(tmp_path / "b.md", "---\nname: same\ndescription: x\n---\nText\n")
    a, b = load_agents(tmp_path)
    (told,) = a.diagnostics
    assert str(told).startswith("duplicate-name: same is also the name in ")
    assert told.text.endswith("b.md")
    assert (told.line, b.diagnostics[0].line) == (3, 2)


def test_variants_of_one_agent_may_share_a_name(tmp_path: Path) -> None:
    for name in ("a/one.md", "a/two.md"):
        write(tmp_path / name, GOOD.format(name="a"))
    assert all(variant.diagnostics == () for variant in load_agents(tmp_path))


def test_the_id_is_the_files_not_the_name_in_it(tmp_path: Path) -> None:
    (variant,) = load_agents(write(tmp_path / "stem.md", GOOD.format(name="Other Name")))
    assert (variant.id, variant.name) == ("stem", "Other Name")


TWELVE = {
    "no frontmatter": ("You are x.", "no-frontmatter", 1),
    "unterminated": ("---\nname: a\n\nYou are x.", "unterminated", 1),
    "bad YAML": ("---\nname: a\ndescription: b: c\n---\nYou", "repaired", 3),
    "not a mapping": ("---\n- a\n---\nYou are x.", "not-a-mapping", 1),
    "no name": ("---\ndescription: x\n---\nYou are x.", "missing-name", 1),
    "unknown tool": ("---\nname: a\ndescription: b\ntools: Raed\n---\nYou", "unknown-tool", 4),
    "mojibake": ("---\nname: a\ndescription: b\n---\nYou\nitâ€™s", "mojibake", 6),
    "two frontmatters": ("---\nname: a\n---\n---\nname: b\n---\nYou", "second-frontmatter", 4),
}


@pytest.mark.parametrize("name", TWELVE)
def test_a_usable_file_with_a_fault_is_read_and_the_fault_told(tmp_path: Path, name: str) -> None:
    text, kind, line = TWELVE[name]
    (variant,) = load_agents(write(tmp_path / "x.md", text))
    assert (kind, line) in [(one.kind, one.line) for one in variant.diagnostics]


def test_crlf_and_a_byte_order_mark_are_accepted(tmp_path: Path) -> None:
    file = tmp_path / "x.md"
    file.write_bytes(b"\xef\xbb\xbf" + GOOD.format(name="x").replace("\n", "\r\n").encode())
    (variant,) = load_agents(file)
    assert (variant.name, variant.prompt) == ("x", "You are x.")
    assert kinds(variant) == ["byte-order-mark"]


def test_importing_the_loader_imports_nothing_heavy() -> None:
    heavy = {"pandas", "numpy", "rich", "jinja2", "anthropic", "openai", "vcr", "httpx2", "pytest"}
    script = (
        f"import sys, promptverdict.agents.discovery; print(sorted({heavy} & sys.modules.keys()))"
    )
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"


@pytest.mark.skipif(not SEEDS.is_dir(), reason="the source prompts are not here")
class TestTheFiveSourcePrompts:
    @pytest.fixture
    def seeds(self) -> dict[str, Variant]:
        return {variant.id[:3]: variant for variant in load_agents(SEEDS)}

    def test_they_are_five_agents_with_five_normal_forms(self, seeds: dict[str, Variant]) -> None:
        assert list(seeds) == ["000", "001", "002", "003", "004"]
        assert len({variant.prompt for variant in seeds.values()}) == 5
        dialects = [variant.dialect for variant in seeds.values()]
        assert dialects == ["claude-code"] * 4 + ["opencode"]
        assert all(variant.unknown_tools == () for variant in seeds.values())

    def test_000_and_001_share_name_and_tools(self, seeds: dict[str, Variant]) -> None:
        tools = ("Read", "Write", "Edit", "MultiEdit", "Grep", "Glob", "Bash")
        assert seeds["000"].tools == seeds["001"].tools == tools
        assert kinds(seeds["000"]) == kinds(seeds["001"]) == ["duplicate-name"]
        assert seeds["000"].model is None

    def test_002_is_repaired_and_says_so_with_the_line(self, seeds: dict[str, Variant]) -> None:
        (told,) = seeds["002"].diagnostics
        assert str(told) == "repaired: unquoted colon in description (line 3)"
        line = f"description: {seeds['002'].description}"
        assert (len(line.encode()), line.count(r"\n")) == (1942, 26)
        assert (seeds["002"].model, seeds["002"].tools) == ("sonnet", None)

    def test_003_has_a_mangled_emoji_and_unknown_keys(self, seeds: dict[str, Variant]) -> None:
        (mojibake,) = [one for one in seeds["003"].diagnostics if one.kind == "mojibake"]
        assert mojibake.line == 4
        assert mojibake.text.startswith("emoji has ")
        assert "🟠 (U+1F7E0)" in mojibake.text
        assert seeds["003"].metadata["emoji"] == "ðŸŸ\u00a0"
        assert seeds["003"].metadata["max_runtime_minutes"] == 10
        assert kinds(seeds["003"]).count("unknown-key") == 7

    def test_004_takes_what_is_offered_and_has_no_name(self, seeds: dict[str, Variant]) -> None:
        # opencode: `read: true` takes no other tool away.
        assert seeds["004"].tools is None
        assert seeds["004"].name is None
        assert kinds(seeds["004"]) == ["missing-name"]
        assert seeds["004"].model == "anthropic/claude-sonnet-4-20250514"

    def test_the_prompts_are_the_files_below_the_frontmatter(
        self, seeds: dict[str, Variant]
    ) -> None:
        for path in sorted(SEEDS.iterdir()):
            text = path.read_text(encoding="utf-8")
            body = text.split("\n---\n", 1)[1]
            assert seeds[path.name[:3]].prompt == body.strip()


def test_folders_are_read_at_any_depth(tmp_path: Path) -> None:
    write(tmp_path / "a/b/c/deep.md")
    write(tmp_path / "a/b/guide.md", "# A guide\n")
    write(tmp_path / "a/top.md")
    found = find_agents([tmp_path])
    assert [variant.id for variant in found.variants] == ["a/b/c/deep", "a/top"]
    assert (found.variants[0].agent, found.variants[0].variant) == ("a/b/c", "deep")
    assert [Path(path).name for path in found.skipped] == ["guide.md"]


def test_a_link_to_a_folder_around_it_is_not_followed(tmp_path: Path) -> None:
    write(tmp_path / "a/x.md")
    (tmp_path / "a/again").symlink_to(tmp_path, target_is_directory=True)
    assert ids(tmp_path) == ["a/x"]


def test_a_place_that_holds_a_whole_disk_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(candidates, "_MAX_FOLDERS", 3)
    for name in "ab":
        write(tmp_path / name / "x.md")
    assert len(load_agents(tmp_path)) == 2
    write(tmp_path / "c/x.md")
    with pytest.raises(InputError, match="more than 3 folders lie in it"):
        load_agents(tmp_path)


def test_folders_that_lie_too_deep_are_told(tmp_path: Path) -> None:
    write(tmp_path / "a.md")
    write(tmp_path.joinpath(*["d"] * 22, "x.md"))
    (told,) = find_agents([tmp_path]).problems
    assert "more than 20 deep" in told.found


def test_a_skill_is_named_by_its_folder_and_what_lies_beside_it_is_no_agent(
    tmp_path: Path,
) -> None:
    for name in ("press", "deep/fold"):
        write(tmp_path / name / "SKILL.md", GOOD.format(name="x"))
        write(tmp_path / name / "references/more.md")
    assert ids(tmp_path) == ["deep/fold", "press"]
    assert ids(tmp_path / "press") == ["press"]
    assert ids(tmp_path / "press/SKILL.md") == ["press"]


def test_what_a_pattern_matched_begins_the_ids(tmp_path: Path) -> None:
    for name in ("one/agents/review.md", "two/agents/review.md", "two/agents/team/a.md"):
        write(tmp_path / "plugins" / name)
    assert ids(tmp_path / "plugins/*/agents") == ["one/review", "two/review", "two/team/a"]
    assert ids(tmp_path / "plugins/t*/agents/*.md") == ["two/review"]
    assert ids(tmp_path / "plugins/**/agents")[0] == "one/agents/review"


def test_wildcards_find_nothing_hidden_unless_they_ask_for_it(tmp_path: Path) -> None:
    for plugin in ("one", ".cache"):
        write(tmp_path / "plugins" / plugin / "agents/dev.md")
    for pattern in ("*/agents", "**/*.md"):
        found = find_agents([tmp_path / "plugins" / pattern])
        assert ([variant.agent[:3] for variant in found.variants], found.problems) == (["one"], ())
    (problem,) = find_agents([tmp_path / "plugins/.c*/agents"]).problems
    assert "makes no usable id" in problem.found


def test_a_bad_file_keeps_no_other_out_and_is_known_by_its_id(tmp_path: Path) -> None:
    write(tmp_path / "a/good.md")
    write(tmp_path / "a/bad.md", "")
    found = find_agents([tmp_path])
    assert [variant.id for variant in found.variants] == ["a/good"]
    assert list(found.broken) == ["a/bad"]
    assert found.problems == found.broken["a/bad"]


def test_a_place_is_told_by_its_platforms_folder_wherever_that_lies(tmp_path: Path) -> None:
    places = {
        ".claude/agents": "claude-code",
        ".opencode/agent": "opencode",
        "config/opencode/agents/team": "opencode",
        ".github/agents": "copilot",
        ".gemini/agents": "gemini",
        "agents": "claude-code",
    }
    for place, dialect in places.items():
        (variant,) = load_agents(write(tmp_path / place / "x.md"))
        assert variant.dialect == dialect
