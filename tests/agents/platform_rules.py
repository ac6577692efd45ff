"""The rules of three platforms, written from their texts and not from the package's code.

opencode: a file of V1 becomes an ordered object of permissions. `tools` comes first: true is allow,
false is deny, and write, edit and patch all set the entry `edit`, where it already stands. Then
`permission` is assigned over it; a single word is the entry `*`. An entry is one rule for all uses,
or one rule for each use it names. A tool is hidden from the model when the last rule whose name
matches the tool's permission is for all uses and denies; write, edit, multiedit and apply_patch
have the permission edit. A file of V2 holds nothing but V2's keys and lists rules of action,
resource and effect, to be judged in the same way; it calls bash shell and task subagent.

GitHub: tools is a list, or a text with commas. No tools, or `*`: all. An alias, in any case, stands
for its row; `server/tool` and `server/*` are MCP tools; anything else is ignored.

Gemini CLI: tools is a list of its names; `*`, and no list, are all tools, `mcp_*` all MCP tools and
`mcp_SERVER_*` all of one server. A subagent never has subagents.
"""

from __future__ import annotations

from typing import Any

PERMISSION_OF = {
    "Read": "read",
    "Write": "edit",
    "Edit": "edit",
    "MultiEdit": "edit",
    "Glob": "glob",
    "Grep": "grep",
    "Bash": "bash",
    "TodoWrite": "todowrite",
    "WebFetch": "webfetch",
    "WebSearch": "websearch",
    "Task": "task",
    "LS": "list",
    "AskUserQuestion": "question",
}
V2_ONLY = ["model", "variant", "request", "system", "description", "mode", "hidden", "color"]
V2_ONLY += ["steps", "disabled", "permissions"]

GITHUB = [
    (["execute", "shell", "Bash", "powershell"], ["Bash"]),
    (["read", "Read", "NotebookRead"], ["Read"]),
    (["edit", "Edit", "MultiEdit", "Write", "NotebookEdit"], ["Edit", "Write"]),
    (["search", "Grep", "Glob"], ["Grep", "Glob"]),
    (["agent", "custom-agent", "Task"], ["Task"]),
    (["web", "WebSearch", "WebFetch"], ["WebSearch", "WebFetch"]),
    (["todo", "TodoWrite"], ["TodoWrite"]),
]
GEMINI = [
    ("Read", ["read_file", "read_many_files"]),
    ("Write", ["write_file"]),
    ("Edit", ["replace"]),
    ("Grep", ["grep_search", "search_file_content"]),
    ("Glob", ["glob"]),
    ("LS", ["list_directory"]),
    ("Bash", ["run_shell_command"]),
    ("WebFetch", ["web_fetch"]),
    ("WebSearch", ["google_web_search"]),
    ("TodoWrite", ["write_todos"]),
    ("AskUserQuestion", ["ask_user"]),
]


def matches(text: str, pattern: str) -> bool:
    """Whether a whole text matches: by trying every length that a star may stand for."""
    if pattern.endswith(" *") and matches(text, pattern[:-2]):
        return True
    if not pattern:
        return not text
    if pattern[0] == "*":
        return any(matches(text[skip:], pattern[1:]) for skip in range(len(text) + 1))
    return bool(text) and pattern[0] in ("?", text[0]) and matches(text[1:], pattern[1:])


def opencode_rules(keys: dict[str, Any]) -> list[tuple[str, str, str]]:
    """The rules of a file, as (name, use, effect)."""
    if "permissions" in keys and not [key for key in keys if key not in V2_ONLY]:
        return [(rule["action"], rule["resource"], rule["effect"]) for rule in keys["permissions"]]
    order: list[str] = []
    value_of: dict[str, Any] = {}

    def assign(name: str, value: Any) -> None:
        if name not in order:
            order.append(name)
        value_of[name] = value

    for tool, enabled in keys.get("tools", {}).items():
        same = tool in ("write", "edit", "patch")
        assign("edit" if same else tool, "allow" if enabled else "deny")
    permission = keys.get("permission", {})
    if isinstance(permission, str):
        assign("*", permission)
    else:
        for name, value in permission.items():
            assign(name, value)
    rules = []
    for name in order:
        if isinstance(value_of[name], str):
            rules.append((name, "*", value_of[name]))
        else:
            rules += [(name, use, effect) for use, effect in value_of[name].items()]
    return rules


def opencode_hides(name: str, rules: list[tuple[str, str, str]]) -> bool:
    """Whether a tool with such a permission is kept from the model."""
    found = [rule for rule in rules if matches(name, rule[0])]
    return bool(found) and found[-1][1:] == ("*", "deny")


def opencode_tools(keys: dict[str, Any]) -> set[str]:
    """Our names of the tools that opencode shows to the model."""
    rules = opencode_rules(keys)
    is_v2 = "permissions" in keys and not [key for key in keys if key not in V2_ONLY]
    renamed = {"bash": "shell", "task": "subagent"} if is_v2 else {}
    return {
        ours
        for ours, theirs in PERMISSION_OF.items()
        if not opencode_hides(renamed.get(theirs, theirs), rules)
    }


def opencode_has_mcp(keys: dict[str, Any], server: str, tool: str) -> bool:
    """Whether opencode shows a server's tool, which it names SERVER_TOOL."""
    return not opencode_hides(f"{server}_{tool}", opencode_rules(keys))


def github_tools(listed: list[str] | None) -> set[str] | None:
    """Our names of what a list enables; None: everything."""
    if listed is None or "*" in listed:
        return None
    enabled: set[str] = set()
    for name in listed:
        for aliases, tools in GITHUB:
            if name.lower() in [alias.lower() for alias in aliases]:
                enabled.update(tools)
    return enabled


def github_has_mcp(listed: list[str] | None, server: str, tool: str) -> bool:
    """Whether a list enables a server's tool."""
    if listed is None or "*" in listed:
        return True
    return f"{server}/{tool}" in listed or f"{server}/*" in listed


def gemini_tools(listed: list[str] | None) -> set[str]:
    """Our names of what a list grants."""
    if listed is None or "*" in listed:
        return set(PERMISSION_OF) - {"Task"}
    return {ours for ours, names in GEMINI if any(name in listed for name in names)}


def gemini_has_mcp(listed: list[str] | None, server: str, tool: str) -> bool:
    """Whether a list grants a server's tool; a server's name has no underscore."""
    if listed is None:
        return True
    granted = ("*", "mcp_*", f"mcp_{server}_*", f"mcp_{server}_{tool}")
    return any(name in listed for name in granted)
