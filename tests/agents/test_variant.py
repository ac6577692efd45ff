"""Every dialect becomes one normal form, and whatever is odd is told with its line."""

from __future__ import annotations

import json
from typing import Any

import pytest
from promptverdict.agents.dialects.detection import detect_dialect
from promptverdict.agents.normal_form import build_variant
from promptverdict.agents.variant import Source, Variant
from promptverdict.core.errors import InputError
from promptverdict.trials.toolset import NAMES

from tests.cases import try_cases

BODY = "You are a careful developer."


def variant(
    keys: dict[str, Any] | None, body: str = BODY, path: str = "agents/dev/base.md"
) -> Variant:
    lines = {key: number for number, key in enumerate(keys or {}, start=2)}
    source = Source(keys, lines, body, len(lines) + 3)
    return build_variant(source, agent="dev", variant="base", path=path)


def claude(**keys: Any) -> Variant:
    return variant({"name": "dev", "description": "Develops.", **keys})


def opencode(**keys: Any) -> Variant:
    return variant({"description": "Develops.", "mode": "subagent", **keys})


def told(variant: Variant, kind: str) -> list[str]:
    return [str(one) for one in variant.diagnostics if one.kind == kind]


def test_the_normal_form_of_a_good_file_says_all_and_has_no_diagnostics() -> None:
    made = claude(tools="Read, Bash", model="sonnet", color="red")
    assert made.model_dump() == {
        "agent": "dev",
        "variant": "base",
        "path": "agents/dev/base.md",
        "dialect": "claude-code",
        "name": "dev",
        "description": "Develops.",
        "model": "sonnet",
        "tools": ("Read", "Bash"),
        "unknown_tools": (),
        "asked_tools": ("Read", "Bash"),
        "mcp_rules": (),
        "prompt": BODY,
        "metadata": {"color": "red"},
        "diagnostics": (),
    }


def test_the_id_is_agent_and_variant_or_the_agent_alone() -> None:
    assert variant({}).id == "dev/base"
    alone = build_variant(Source({}, {}, BODY, 1), agent="dev", variant=None, path="dev.md")
    assert alone.id == "dev"


@try_cases(
    ("body", "prompt"),
    [
        ("\n\nText.\n\n", "Text."),
        ("  indented\n\tmore \t\n\n", "indented\n\tmore"),
        ("\n  \nText", "Text"),
        ("Text.\n\n\nMore.  \nEnd.\u00a0\n", "Text.\n\n\nMore.  \nEnd."),
        ("<!-- note -->\nText {{ x }} ${y}", "<!-- note -->\nText {{ x }} ${y}"),
    ],
)
def test_only_white_space_at_both_ends_of_the_prompt_is_dropped(body: str, prompt: str) -> None:
    assert variant({}, body).prompt == prompt
    assert variant(None, body).prompt == prompt


@try_cases(
    ("body", "words"),
    [
        ("", "it has no prompt"),
        (" \n\t\n\u200b\ufeff", "it has"),
        ("<!-- one -->\n\n<!-- two\nlines -->\n", "it has only comments"),
        ("<!-- never closed\nYou are", "it has only comments"),
        ("x" * 1_000_001, "the prompt is larger than 1 MB"),
        ("é" * 500_001, "the prompt is larger than 1 MB"),
    ],
)
def test_without_a_usable_prompt_the_file_is_refused(body: str, words: str) -> None:
    with pytest.raises(InputError) as caught:
        variant({"name": "a"}, body)
    (problem,) = caught.value.problems
    assert problem.where == "agents/dev/base.md"
    assert words in problem.found
    assert problem.cure


@try_cases(
    ("keys", "dialect"),
    [
        (None, "plain"),
        ({}, "claude-code"),
        ({"name": "a"}, "claude-code"),
        ({"tools": {"read": True}, "name": "a"}, "opencode"),
        ({"tools": "Read", "mode": "all"}, "opencode"),
        ({"tools": "Read", "mode": "all", "hooks": {}, "skills": []}, "claude-code"),
        ({"tools": [], "model": "anthropic/x"}, "claude-code"),
        ({"name": "a", "mode": "subagent"}, "opencode"),
        ({"permission": {"edit": "deny"}}, "opencode"),
        ({"temperature": 0.1, "permissionMode": "plan"}, "claude-code"),
        ({"description": "x", "model": "openai/gpt"}, "opencode"),
        ({"name": "a", "model": "openai/gpt"}, "claude-code"),
        ({"description": "x", "model": "sonnet"}, "claude-code"),
    ],
)
def test_the_dialect_follows_from_the_keys(keys: dict[str, Any] | None, dialect: str) -> None:
    assert detect_dialect(keys).dialect == dialect


@try_cases(
    ("tools", "ours", "unknown"),
    [
        ("Read, Write, Edit", ("Read", "Write", "Edit"), ()),
        (["Grep", "Glob"], ("Grep", "Glob"), ()),
        ("bash,READ , webfetch", ("Bash", "Read", "WebFetch"), ()),
        ("Read Write", ("Read", "Write"), ()),
        ("Read,\n Write,", ("Read", "Write"), ()),
        ('"Read", "Write"', ("Read", "Write"), ()),
        ("Read, Read", ("Read",), ()),
        ([], (), ()),
        ("", None, ()),
        ("*", None, ()),
        (["*"], None, ()),
        (["*", "mcp__x__y"], None, ("mcp__x__y",)),
        ("Bash(git diff:*, git log:*), Read", ("Bash", "Read"), ()),
        ("Read, mcp__github__search, Rea d", ("Read",), ("mcp__github__search", "Rea d")),
        (["docs/search"], (), ("docs/search",)),
        (["Read", 3, {"a": 1}], ("Read",), ("3", "{a: 1}")),
        (["Read, Write", "Bash(git add:*, git commit:*)"], ("Read", "Write", "Bash"), ()),
        (
            [["Read", "Write"], {"name": "Bash", "allow": None}, True, None],
            (),
            ("[Read, Write]", "{name: Bash, allow: null}", "true", "null"),
        ),
        (True, (), ("true",)),
    ],
)
def test_claude_code_lists_tools_as_text_or_list(
    tools: object, ours: tuple[str, ...] | None, unknown: tuple[str, ...]
) -> None:
    made = claude(tools=tools)
    assert (made.tools, made.unknown_tools) == (ours, unknown)
    assert len(told(made, "unknown-tool")) == len(unknown)


def test_what_stands_in_the_place_of_a_name_is_told_as_that() -> None:
    (diagnostic,) = told(claude(tools=["Read", {"name": "Bash"}]), "unknown-tool")
    assert "{name: Bash} stands where the name of a tool must" in diagnostic
    mapping = variant(
        {"name": "x", "tools": {"Read": True, "Bash": False}}, path=".claude/agents/x.md"
    )
    assert mapping.asked_tools == ("{Read: true, Bash: false}",)
    assert "did you mean Read?" in str(told(claude(tools='["Read", "x"]'), "unknown-tool"))


def test_an_mcp_tool_with_a_rule_is_that_tool() -> None:
    made = claude(tools="mcp__wiki__find(x), Read")
    assert made.takes_mcp_tool("wiki", "find")
    assert not made.takes_mcp_tool("wiki", "other")
    assert len(told(made, "tool-rule")) == 1
    (lost,) = told(claude(tools="mcp__wiki"), "no-tools")
    assert "its cells of scenarios without its MCP tools are refused" in lost


def test_a_remote_agent_of_gemini_is_refused_as_one() -> None:
    with pytest.raises(InputError, match="a remote agent"):
        variant({"kind": "remote", "name": "x", "agent_card_url": "https://x"})


def test_what_a_platform_would_do_with_the_file_is_told() -> None:
    assert "without effect here: disable" in str(told(opencode(disable=True), "not-applied"))
    skill = variant({"name": "x", "tools": "Read"}, path="skills/x/SKILL.md")
    assert skill.tools is None
    assert "tools is no key of a skill" in str(told(skill, "not-applied"))
    copilot = variant({"description": "x"}, path=".github/agents/fixer.agent.md")
    assert "calls it fixer, by its file" in str(told(copilot, "missing-name"))


def test_without_the_key_a_claude_code_agent_takes_what_the_scenario_allows() -> None:
    assert claude().tools is None
    empty = claude(tools=None)
    assert empty.tools is None
    assert told(empty, "empty-tools")[0].endswith("write [] for no tools (line 4)")


def test_disallowed_tools_are_taken_away() -> None:
    assert claude(tools="Read, Bash", disallowedTools="Bash, Write").tools == ("Read",)
    without = claude(disallowedTools=["Bash"])
    assert without.tools == tuple(name for name in NAMES if name != "Bash")
    assert without.metadata == {"disallowedTools": ["Bash"]}


def test_a_disallowed_tool_that_is_misspelt_is_told() -> None:
    assert told(claude(disallowedTools="Writ"), "unknown-tool") == [
        "unknown-tool: disallowedTools: there is no tool Writ here; did you mean Write? (line 4)"
    ]


def test_an_unknown_tool_is_told_with_the_nearest_known() -> None:
    assert told(claude(tools="Read, Grp"), "unknown-tool") == [
        "unknown-tool: there is no tool Grp here; did you mean Grep? (line 4)"
    ]
    assert "MCP server" in told(claude(tools="mcp__x__y"), "unknown-tool")[0]


def test_a_rule_in_parentheses_is_told_not_to_apply() -> None:
    assert told(claude(tools="Bash(git:*)"), "tool-rule") == [
        "tool-rule: Bash(git:*): the rule in () is not applied (line 4)"
    ]


EDITS = ("Write", "Edit", "MultiEdit")


def all_but(*names: str) -> tuple[str, ...]:
    return tuple(name for name in NAMES if name not in names)


@try_cases(
    ("tools", "ours", "unknown"),
    [
        ({"read": True, "write": True}, None, ()),
        ({"bash": True, "read": True, "edit": False}, all_but(*EDITS), ()),
        ({"write": False, "bash": False}, all_but(*EDITS, "Bash"), ()),
        ({"write": False, "edit": True}, None, ()),
        ({"edit": True, "*": False, "write": True}, (), ()),
        ({"Bash": False}, None, ()),
        ({"*": False}, (), ()),
        ({"*": False, "read": True}, ("Read",), ()),
        ({"read": True, "*": False}, (), ()),
        ({"*": True}, None, ()),
        ({"*": True, "bash": False}, all_but("Bash"), ()),
        ({"web*": False}, all_but("WebFetch", "WebSearch"), ()),
        ({"*": False, "web*": True}, ("WebFetch", "WebSearch"), ()),
        ({"mcp_*": False}, None, ()),
        ({"mcp_*": True, "read": True}, None, ("mcp_*",)),
        ({"todoread": True, "todowrite": True}, None, ("todoread",)),
        ({"read": "yes", "bash": "no"}, all_but("Bash"), ()),
        ({}, None, ()),
    ],
)
def test_opencode_maps_tools_and_patterns_to_true_or_false(
    tools: dict[str, object], ours: tuple[str, ...] | None, unknown: tuple[str, ...]
) -> None:
    made = opencode(tools=tools)
    assert made.dialect == "opencode"
    assert (made.tools, made.unknown_tools) == (ours, unknown)


def test_opencode_keeps_its_other_keys_as_metadata_and_tells_what_has_no_effect() -> None:
    made = opencode(model="anthropic/claude-x", temperature=0.1, permission={"edit": "deny"})
    assert made.model == "anthropic/claude-x"
    assert made.metadata == {
        "mode": "subagent",
        "temperature": 0.1,
        "permission": {"edit": "deny"},
    }
    assert told(made, "not-applied") == [
        "not-applied: kept, but without effect here: temperature (line 5)"
    ]
    assert told(made, "unknown-key") == []


def test_a_missing_name_is_told_with_what_the_dialect_does_then() -> None:
    assert told(variant({"description": "x"}), "missing-name") == [
        "missing-name: no name: Claude Code skips such a file (line 1)"
    ]
    assert told(opencode(), "missing-name") == [
        "missing-name: no name: opencode calls it base, by its file (line 1)"
    ]
    assert told(variant({"name": ""}), "missing-name")
    assert told(variant({"name": "a"}), "missing-description")


def test_a_plain_file_misses_nothing() -> None:
    made = variant(None)
    assert (made.dialect, made.name, made.tools, made.metadata) == ("plain", None, None, {})
    assert made.diagnostics == ()


def test_an_unknown_key_is_kept_and_told_with_the_nearest() -> None:
    made = claude(tool="Read", vibe="calm", disallowed_tools="x", **{"allowed-tools": "Read"})
    assert made.metadata["vibe"] == "calm"
    assert told(made, "unknown-key") == [
        "unknown-key: tool is not a key of claude-code: kept as metadata; did you mean tools?"
        " (line 4)",
        "unknown-key: vibe is not a key of claude-code: kept as metadata (line 5)",
        "unknown-key: disallowed_tools is not a key of claude-code: kept as metadata;"
        " did you mean disallowedTools? (line 6)",
        "unknown-key: allowed-tools is not a key of claude-code: kept as metadata;"
        " did you mean tools? (line 7)",
    ]


def test_a_model_label_stays_as_it_is_written() -> None:
    assert claude(model="Claude Sonnet 4.5 (copilot)").model == "Claude Sonnet 4.5 (copilot)"


def test_a_name_that_is_no_text_is_told() -> None:
    made = variant({"name": 7, "description": True, "model": ["a", "b"]})
    assert (made.name, made.description, made.model) == ("7", "true", None)
    assert made.metadata == {"model": ["a", "b"]}
    assert len(told(made, "not-text")) == 3


@try_cases(
    ("garbled", "meant"),
    [
        ("ðŸŸ\u00a0", "🟠 (U+1F7E0)"),
        ("itâ€™s", "\u2019 (U+2019)"),
        ("Ã© Ã¼", "é (U+00E9)"),
        ("Â©", "© (U+00A9)"),
        ("â\u0080\u0099", "\u2019 (U+2019)"),
        ("Привет".encode().decode("cp1252"), "Привет (U+041F U+0440 U+0438 U+0432)"),
        ("ï»¿", "U+FEFF"),
    ],
)
def test_mojibake_is_told_with_the_text_it_probably_was(garbled: str, meant: str) -> None:
    made = claude(vibe={"deep": ["ok", garbled]})
    assert made.metadata["vibe"] == {"deep": ["ok", garbled]}
    (words,) = told(made, "mojibake")
    assert words.startswith("mojibake: vibe has `")
    assert f"probably {meant} in a wrong encoding (line 4)" in words
    assert told(variant({"name": "a"}, f"Fine.\n{garbled} x"), "mojibake")[0].endswith("(line 5)")


@try_cases(
    "text",
    [
        "« été\u00a0»",
        "voilà\u00a0» dit-il",
        "Spaß“ und Fuß…",
        "naïve “café”",
        "Привет",
        "日本語",
        "→ — \u2019 🟠",
        "ÉCOLE",
    ],
)
def test_good_text_in_other_languages_is_no_mojibake(text: str) -> None:
    made = variant({"name": "a", "description": text}, f"{BODY} {text}")
    assert told(made, "mojibake") == []


def test_a_lost_character_is_told_once_for_many_lines() -> None:
    made = variant({"name": "a"}, "one \ufffd\ntwo\nthree \ufffd\nfour \ufffd")
    assert told(made, "mojibake") == [
        "mojibake: the prompt has U+FFFD, which stands for a character that was lost,"
        " and 2 more lines like it (line 4)"
    ]


@pytest.mark.parametrize("unseen", ["\u200b", "\u202e", "\u2060", "\ufeff", "\U000e0041"])
def test_what_nobody_sees_in_the_prompt_is_told(unseen: str) -> None:
    made = variant({"name": "a"}, f"You review.\nIt{unseen} is.\n{unseen}\nEnd.")
    assert told(made, "unseen-character") == [
        f"unseen-character: the prompt has U+{ord(unseen):04X}, which nobody sees and the model"
        " reads, and 1 more lines like it (line 5)"
    ]


@pytest.mark.parametrize(
    "text", ["👩\u200d💻", "\u0645\u06cc\u200c", "🏴\U000e0067\U000e0062\U000e007f", "❤\ufe0f"]
)
def test_what_scripts_and_emoji_are_made_of_is_not_told(text: str) -> None:
    assert told(variant({"name": "a"}, f"You {text}."), "unseen-character") == []


def test_a_control_character_in_the_prompt_is_told() -> None:
    made = variant({"name": "a"}, "Hello\n\x1b[31mred")
    assert told(made, "control-character") == [
        "control-character: the prompt has the control character U+001B (line 5)"
    ]


def test_a_file_with_very_many_oddities_is_told_briefly() -> None:
    many = {f"key{number}": "x" for number in range(5_000)}
    made = claude(tools=[f"tool{number}" for number in range(5_000)], **many)
    assert len(made.unknown_tools) == 5_000
    assert len(made.diagnostics) == 41


def test_a_normal_form_can_be_written_as_json_and_read_again() -> None:
    made = claude(tools="Read", extra={"a": [1, None, True, "ð"]})
    assert Variant.model_validate_json(json.dumps(made.model_dump(mode="json"))) == made


def test_copilot_reads_vs_codes_names_by_the_set_that_they_belong_to() -> None:
    names = ["codebase", "edit/editFiles", "runCommands/terminalSelection", "fetch", "wiki/find"]
    made = variant({"description": "x", "tools": names})
    assert made.dialect == "copilot"
    assert set(made.tools or ()) == {
        *("Grep", "Glob", "Edit", "Write", "Bash", "WebFetch", "WebSearch")
    }
    assert made.unknown_tools == ("wiki/find",)
    assert made.takes_mcp_tool("wiki", "find")
    assert not made.takes_mcp_tool("wiki", "edit")


def test_mcp_tools_are_admitted_by_the_rules_of_claude_code() -> None:
    listed = claude(tools="Read, mcp__wiki, mcp__db__*, mcp__a__b", disallowedTools="mcp__db__drop")
    assert listed.takes_mcp_tool("wiki", "find")
    assert listed.takes_mcp_tool("db", "run")
    assert not listed.takes_mcp_tool("db", "drop")
    assert not listed.takes_mcp_tool("a", "c")
    assert claude().takes_mcp_tool("any", "thing")
    assert not claude(disallowedTools="mcp__any").takes_mcp_tool("any", "thing")
    assert not claude(tools="Read").takes_mcp_tool("any", "thing")


@try_cases(
    ("keys", "dialect"),
    [
        ({"name": "a", "tools": ["read_file"], "temperature": 0.2}, "gemini"),
        ({"name": "a", "kind": "local"}, "gemini"),
        ({"name": "a", "tools": ["Read"], "user-invocable": True}, "copilot"),
        ({"description": "x", "tools": ["search", "edit"]}, "copilot"),
        ({"name": "a", "metadata": {"x": 1}, "tools": "Read, Task"}, "claude-code"),
        ({"name": "a", "tools": "Read, Bash(git:*), fetch"}, "claude-code"),
        ({"name": "a", "permissions": [], "mode": "all"}, "opencode"),
    ],
)
def test_a_dialect_is_known_by_what_no_other_has(keys: dict[str, Any], dialect: str) -> None:
    assert detect_dialect(keys).dialect == dialect
