"""What is read of generated files is what each platform's own rules say."""

from __future__ import annotations

import json
from pathlib import PurePath
from typing import Any

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from promptverdict.agents.frontmatter import split_frontmatter
from promptverdict.agents.mcp_access import match_wildcards
from promptverdict.agents.normal_form import build_variant
from promptverdict.agents.variant import Variant
from promptverdict.trials.toolset import NAMES

from tests.agents import platform_rules as rules
from tests.properties.profile import PROFILE

# Cheap, and the only check of rules that are not ours: more of them than of other properties.
many = settings(max_examples=200) if PROFILE == "short" else settings()

SERVERS = ("wiki", "db")
MCP_TOOLS = ("find", "run_all", "x")


def read(keys: dict[str, Any], path: str) -> Variant:
    """Read a file that is written as people write one: YAML between two lines of ---."""
    front = yaml.safe_dump(keys, sort_keys=False, allow_unicode=True)
    source = split_frontmatter(f"---\n{front}---\nYou work.\n")
    # A text such as `no` is not what YAML 1.2 takes it for: the file must say what was meant.
    assert json.dumps(source.keys) == json.dumps(keys)
    return build_variant(source, agent="a", variant=None, path=path, place=PurePath("/p", path))


def offered(variant: Variant) -> set[str]:
    return set(NAMES if variant.tools is None else variant.tools)


def find_mcp_differences(variant: Variant, expected: Any) -> list[tuple[str, str]]:
    return [
        (server, tool)
        for server in SERVERS
        for tool in MCP_TOOLS
        if variant.takes_mcp_tool(server, tool) != expected(server, tool)
    ]


OPENCODE_NAMES = st.sampled_from(
    [
        *sorted(set(rules.PERMISSION_OF.values())),
        *("write", "patch", "multiedit", "shell", "subagent", "skill", "external_directory"),
        *("*", "web*", "?ash", "*e*", "todo*", "Read", "wiki_*", "wiki_find", "db_run_all", "*_x"),
    ]
)
EFFECTS = st.sampled_from(["allow", "ask", "deny", "deny"])
USES = st.dictionaries(st.sampled_from(["*", "git *", "src/**", "~/x"]), EFFECTS, max_size=3)
PERMISSION = st.one_of(
    EFFECTS, st.dictionaries(OPENCODE_NAMES, st.one_of(EFFECTS, USES), max_size=6)
)
RULE = st.fixed_dictionaries(
    {
        "action": OPENCODE_NAMES,
        "resource": st.sampled_from(["*", "*", "git *", "docs/*"]),
        "effect": EFFECTS,
    }
)


@st.composite
def opencode_files(draw: st.DrawFn) -> dict[str, Any]:
    keys: dict[str, Any] = {"description": "Works", "mode": "subagent"}
    if draw(st.booleans()):
        keys["tools"] = draw(st.dictionaries(OPENCODE_NAMES, st.booleans(), min_size=1, max_size=6))
    if draw(st.booleans()):
        keys["permission"] = draw(PERMISSION)
    if draw(st.booleans()):
        keys["permissions"] = draw(st.lists(RULE, min_size=1, max_size=6))
    if draw(st.booleans()):
        keys["temperature"] = 0.1
    names = list(keys)
    order = draw(st.permutations(names))
    return {name: keys[name] for name in order}


@many
@given(opencode_files())
def test_opencode_leaves_the_tools_that_its_own_rules_leave(keys: dict[str, Any]) -> None:
    variant = read(keys, ".opencode/agents/a.md")
    assert variant.dialect == "opencode"
    assert offered(variant) == rules.opencode_tools(keys)
    assert not find_mcp_differences(
        variant, lambda server, tool: rules.opencode_has_mcp(keys, server, tool)
    )


ALIASES = [alias for aliases, _ in rules.GITHUB for alias in aliases]


@st.composite
def github_names(draw: st.DrawFn) -> str:
    name = draw(st.sampled_from([*ALIASES, "*", "wiki/*", "wiki/find", "db/x", "vim", "read_file"]))
    recase = draw(st.sampled_from([str, str.upper, str.lower, str.title]))
    return recase(name) if "/" not in name else name


@many
@given(st.none() | st.lists(github_names(), max_size=8), st.booleans())
def test_copilot_enables_the_tools_of_githubs_table(
    listed: list[str] | None, as_text: bool
) -> None:
    keys: dict[str, Any] = {"description": "Works"}
    if listed is not None:
        keys["tools"] = ", ".join(listed) if as_text and listed else listed
    variant = read(keys, ".github/agents/a.agent.md")
    assert variant.dialect == "copilot"
    expected = rules.github_tools(listed)
    assert offered(variant) == (set(NAMES) if expected is None else expected)
    assert not find_mcp_differences(
        variant, lambda server, tool: rules.github_has_mcp(listed, server, tool)
    )


GEMINI_NAMES = st.sampled_from(
    [
        *(name for _, names in rules.GEMINI for name in names),
        *("*", "mcp_*", "mcp_wiki_*", "mcp_wiki_find", "mcp_db_run_all", "save_memory", "Read"),
    ]
)


@many
@given(st.none() | st.lists(GEMINI_NAMES, max_size=8))
def test_gemini_grants_the_tools_of_its_own_list(listed: list[str] | None) -> None:
    keys: dict[str, Any] = {"name": "a", "description": "Works"}
    if listed is not None:
        keys["tools"] = listed
    variant = read(keys, ".gemini/agents/a.md")
    assert variant.dialect == "gemini"
    assert offered(variant) == rules.gemini_tools(listed)
    assert not find_mcp_differences(
        variant, lambda server, tool: rules.gemini_has_mcp(listed, server, tool)
    )


@many
@given(st.text("ab *?_.", max_size=8), st.text("ab *?_.", max_size=8))
def test_wildcards_match_as_opencode_describes_them(text: str, pattern: str) -> None:
    assert match_wildcards(text, pattern) == rules.matches(text, pattern)
