"""What an agent file says, in one normal form whatever its dialect.

Nothing here reads a file. Real files break the rules of their own formats, so only a file without a
usable prompt is refused; the rest is kept as it was written and gets a diagnostic.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping
from pathlib import PurePath, PurePosixPath

from promptverdict.agents.damaged_text import find_damaged_text
from promptverdict.agents.dialects.detection import detect_dialect
from promptverdict.agents.dialects.rules import (
    FIELDS,
    MOST_LISTED,
    DialectRules,
    ToolList,
    split_words,
)
from promptverdict.agents.variant import Diagnostic, Source, Variant
from promptverdict.core.errors import InputError, Problem

MAX_PROMPT_BYTES = 1_000_000

_WITHOUT_EFFECT = split_words(
    "permission permissionMode maxTurns maxSteps steps temperature top_p effort skills mcpServers"
    " hooks memory initialPrompt prompt max_turns timeout_mins policy mcp_servers mcp-servers"
    " handoffs agents disable disabled options"
)
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_INVISIBLE = re.compile("[\\s\u200b-\u200d\u2060\ufeff]+")


def build_variant(
    source: Source, *, agent: str, variant: str | None, path: str, place: PurePath | None = None
) -> Variant:
    """Build the normal form of an agent file. Raises InputError where it has no usable prompt.

    place: where the file lies, as an absolute path; its folders tell whose dialect it is.
    """
    keys = source.keys or {}
    rules = detect_dialect(source.keys, place or PurePath(path))
    if rules.dialect == "gemini" and keys.get("kind") == "remote":
        found = "a remote agent (kind: remote): its prompt is on another server"
        raise InputError([Problem(path, found, "leave it out: name the other files as agents")])
    prompt = _read_prompt(source, rules, path)
    diagnostics = list(source.diagnostics)
    texts = {key: _read_text(key, source, diagnostics) for key in ("name", "description", "model")}
    listed = rules.read_tools(source)
    diagnostics += listed.diagnostics
    diagnostics += _find_no_tools(source, listed)
    if source.has_byte_order_mark and rules.dialect == "claude-code":
        text = "a byte-order mark: Claude Code does not register such a file"
        diagnostics.append(Diagnostic(line=1, kind="byte-order-mark", text=text))
    if rules.dialect != "plain":
        diagnostics += _find_missing_fields(texts, rules, path)
        diagnostics += _find_odd_keys(source, rules)
    diagnostics += find_damaged_text(source)
    unread = {key for key, text in texts.items() if text is None and keys.get(key) is not None}
    return Variant(
        agent=agent,
        variant=variant,
        path=path,
        dialect=rules.dialect,
        tools=listed.tools,
        unknown_tools=listed.unknown,
        asked_tools=listed.asked,
        mcp_rules=listed.mcp,
        prompt=prompt,
        metadata={key: keys[key] for key in keys if key not in FIELDS or key in unread},
        diagnostics=tuple(sorted(diagnostics, key=lambda diagnostic: diagnostic.line)),
        **texts,
    )


def _find_no_tools(source: Source, listed: ToolList) -> Iterator[Diagnostic]:
    """Find a list of tools of which none is left."""
    if listed.asked and listed.tools == ():
        names = ", ".join(listed.asked[:MOST_LISTED])
        where = " of scenarios without its MCP tools" if any(r.allow for r in listed.mcp) else ""
        text = f"it ends with no tools, though it lists {names}: its cells{where} are refused"
        yield Diagnostic(line=source.lines.get("tools", 1), kind="no-tools", text=text)


def _read_prompt(source: Source, rules: DialectRules, path: str) -> str:
    prompt = source.body.strip()
    if len(prompt.encode("utf-8", "surrogatepass")) > MAX_PROMPT_BYTES:
        size = f"the prompt is larger than {MAX_PROMPT_BYTES // 1_000_000} MB"
        raise InputError([Problem(path, size, "no model reads so much: shorten it")])
    if not _INVISIBLE.sub("", _COMMENT.sub("", prompt)):
        lack = "it has only comments, no prompt" if prompt else "it has no prompt"
        if rules.dialect == "opencode" and "prompt" in (source.keys or {}):
            lack += ": `prompt:` is not read from Markdown"
        raise InputError([Problem(path, lack, "write the system prompt below the frontmatter")])
    return prompt


def _read_text(key: str, source: Source, diagnostics: list[Diagnostic]) -> str | None:
    """Read a key whose value is text; what is odd about it is added to the diagnostics."""
    value = (source.keys or {}).get(key)
    if value is None or isinstance(value, str):
        return value
    line = source.lines.get(key, 1)
    if isinstance(value, bool | int | float):
        text = str(value).lower()
        odd = f"{key} is not text and is read as `{text}`: put it in quotes"
        diagnostics.append(Diagnostic(line=line, kind="not-text", text=odd))
        return text
    what = "a list" if isinstance(value, list) else "a mapping"
    odd = f"{key} is {what}, not text: it is not read"
    diagnostics.append(Diagnostic(line=line, kind="not-text", text=odd))
    return None


def _find_missing_fields(
    texts: Mapping[str, str | None], rules: DialectRules, path: str
) -> Iterator[Diagnostic]:
    if not texts["name"]:
        stem = PurePosixPath(path).stem.removesuffix(".agent").removesuffix(".chatmode")
        done = rules.without_name.format(stem=stem)
        text = f"no name: {rules.platform} {done}"
        yield Diagnostic(line=1, kind="missing-name", text=text)
    if not texts["description"]:
        text = f"no description, which {rules.platform} requires"
        yield Diagnostic(line=1, kind="missing-description", text=text)


def _find_odd_keys(source: Source, rules: DialectRules) -> Iterator[Diagnostic]:
    """Find keys that the dialect does not know, and those that have no effect here."""
    keys = source.keys or {}
    spelt = {re.sub("[-_ ]", "", key).lower(): key for key in rules.keys}
    spelt |= {"allowedtools": "tools"}
    for key in [key for key in keys if key not in rules.keys][:MOST_LISTED]:
        close = difflib.get_close_matches(re.sub("[-_ ]", "", key).lower(), spelt, 1, 0.8)
        hint = f"; did you mean {spelt[close[0]]}?" if close else ""
        text = f"{key} is not a key of {rules.dialect}: kept as metadata{hint}"
        if rules.refuses_unknown_keys:
            text += f"; {rules.platform} refuses a file with it"
        yield Diagnostic(line=source.lines.get(key, 1), kind="unknown-key", text=text)
    without_effect = rules.keys & _WITHOUT_EFFECT - rules.applied
    if idle := [key for key in keys if key in without_effect]:
        text = f"kept, but without effect here: {', '.join(idle)}"
        yield Diagnostic(line=source.lines.get(idle[0], 1), kind="not-applied", text=text)
