"""A turn as it is printed for whoever answers it.

Every line that begins with the conversation's tag is the relay's; all others are the request's, as
they stand. The examples name no real tool and no file, so that they suggest nothing to do.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from promptverdict.providers.relay.canonical import View
from promptverdict.providers.relay.schema import list_types

_PICTURES = {code: 0x2400 + code for code in range(32) if chr(code) not in "\n\t"} | {127: 0x2421}
"""Control characters, which would act on a terminal, as the pictures Unicode has for them."""


def render_turn(view: View, *, whole: bool = False, options: str = "") -> str:
    """Write a turn: everything if asked or new to its answerer, else what was added.

    `options` is what the printed commands need besides the conversation's id.
    """
    everything = whole or view.whole
    lines = (
        list(_render_beginning(view)) if everything else [_format_mark(view, _format_title(view))]
    )
    lines += _render_messages(view, 0 if everything else view.fresh)
    if everything:
        lines += _render_how_to_answer(view, view.conversation + options)
    id_ = view.conversation + options
    forms = "" if everything else f"; all of it and the forms again: take {id_} --whole"
    end = f"END OF TURN {view.turn}: promptverdict relay answer {id_} --file FILE{forms}"
    lines.append(_format_mark(view, end))
    text = "".join(line if line.endswith("\n") else line + "\n" for line in lines)
    # What a request holds must not move the cursor of whoever reads it, nor break their terminal.
    return text.translate(_PICTURES).encode("utf-8", "replace").decode("utf-8")


def render_call(name: str, given: dict[str, Any]) -> str:
    """Write a call in the text form of an answer; reading it gives the same call."""
    lines = [f"@call {name}"]
    for parameter, value in given.items():
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        if "\n" not in text:
            lines.append(f"{parameter} = {text}")
            continue
        word = "END"
        while word in text.split("\n"):
            word += "_"
        ends = text.endswith("\n")
        mark = "" if ends == (parameter == "content") else "+" if ends else "-"
        lines += [f"{parameter} <<{mark}{word}", text.removesuffix("\n"), word]
    return "\n".join(lines)


def _format_mark(view: View, words: str) -> str:
    return f"=={view.tag}== {words}"


def _format_title(view: View) -> str:
    return f"CONVERSATION {view.conversation}, TURN {view.turn}"


def _render_beginning(view: View) -> Iterator[str]:
    yield _format_mark(view, _format_title(view))
    yield _format_mark(view, "Lines with this tag are the relay's; all others are the request's.")
    yield _format_mark(view, "SYSTEM PROMPT" + ("" if view.system else " (none)"))
    yield from _render_content(view, "SYSTEM PROMPT", view.system or [])
    yield _format_mark(view, f"TOOLS ({len(view.tools)})" if view.tools else "TOOLS (none)")
    for tool in view.tools:
        yield tool["name"]
        yield _indent(str(tool.get("description") or ""), "    ")
        yield from _render_parameters(tool["input_schema"], "    ")
        yield ""
    if view.tool_choice and view.tool_choice.get("type") != "auto":
        yield _format_mark(view, f"TOOL CHOICE {json.dumps(view.tool_choice)}")


def _render_parameters(schema: dict[str, Any], indent: str) -> Iterator[str]:
    required = schema.get("required") or ()
    for name, part in (schema.get("properties") or {}).items():
        kind = " or ".join(list_types(part)) or "any"
        need = "required" if name in required else "optional"
        inner = part.get("items") if isinstance(part.get("items"), dict) else None
        if inner is not None:
            kind += f" of {' or '.join(list_types(inner)) or 'any'}"
        if "enum" in part:
            kind += f", one of {json.dumps(part['enum'], ensure_ascii=False)}"
        about = f": {part['description']}" if part.get("description") else ""
        yield _indent(f"- {name} ({kind}, {need}){about}", indent)
        yield from _render_parameters(inner or part, indent + "    ")


def _indent(text: str, indent: str) -> str:
    return "\n".join(indent + line if line else "" for line in text.split("\n"))


def _render_messages(view: View, first: int) -> Iterator[str]:
    names = {
        block.get("id"): block.get("name")
        for message in view.messages
        if isinstance(message["content"], list)
        for block in message["content"]
        if block["type"] == "tool_use"
    }
    for number, message in enumerate(view.messages[first:], first + 1):
        who = f"MESSAGE {number}, {message['role'].upper()}"
        content = message["content"]
        blocks: list[dict[str, Any]] = (
            [{"type": "text", "text": content}] if isinstance(content, str) else content
        )
        results = [block for block in blocks if block["type"] == "tool_result"]
        for block in blocks:
            if block["type"] == "tool_use":
                yield _format_mark(view, f"{who}: CALL")
                yield render_call(str(block.get("name")), block.get("input") or {})
            elif block["type"] == "tool_result":
                name = names.get(block.get("tool_use_id"), "an unknown call")
                error = ", AN ERROR" if block.get("is_error") else ""
                inside = block.get("content") or []
                empty = "" if inside else " (empty)"
                place = f"{results.index(block) + 1} OF {len(results)}"
                title = f"MESSAGE {number}, RESULT {place}: {name}{error}{empty}"
                yield _format_mark(view, title)
                yield from _render_content(view, title, inside)
            else:
                yield _format_mark(view, who)
                yield from _render_content(view, who, [block])


def _render_content(view: View, title: str, content: Any) -> Iterator[str]:
    """Write texts as they stand, parted by a line of ours; name what cannot be printed."""
    if isinstance(content, str):
        yield content
        return
    for at, block in enumerate(content):
        if at:
            yield _format_mark(view, f"{title}, PART {at + 1}")
        if block["type"] == "text":
            yield str(block.get("text"))
        else:
            yield _format_mark(view, f"a block of type {block['type']}, which cannot be shown here")


def _render_how_to_answer(view: View, id_: str) -> Iterator[str]:
    yield _format_mark(view, "HOW TO ANSWER")
    yield (
        "You are the assistant of this conversation: answer the last message as the system prompt\n"
        "says. Write the answer to a file, deliver it, and wait for what comes back:\n"
        f"    promptverdict relay answer {id_} --file FILE     (without --file: standard input)\n"
        f"    promptverdict relay take {id_}                   (until it prints `finished`)"
    )
    if not view.tools:
        yield "The file holds what you say to the user, as plain text."
        return
    yield (
        "The only tools you have here are those above. You use one by calling it in your answer;\n"
        "the next turn brings its result. An answer without calls ends your turn.\n"
        "The file is first what you say to the user, if anything, then the calls, if any:"
    )
    yield _format_mark(view, "EXAMPLE")
    yield _EXAMPLE
    yield _format_mark(view, "RULES")
    yield _RULES


_EXAMPLE = """\
What you say, in any number of lines.
@call TOOL
parameter = value
content <<END
the first line
    the second: nothing is escaped, "quotes" and \\backslashes stand for themselves
END
@call OTHER_TOOL
parameter <<END
value
END"""

_RULES = """\
- A call begins with a line `@call TOOL`, in the first column. All text stands before it.
- `name = value` is a value on one line: everything after `= `.
- `name <<WORD` begins a value of several lines; it ends before a line that is WORD and nothing
  else. Choose a WORD that no line of the value is.
- Line ends: the lines of a `<<WORD` value are joined, and nothing is added after the last one,
  except for a parameter called `content` (what a file holds): its last line is ended too.
  To say it yourself: `<<+WORD` ends the last line, `<<-WORD` does not.
- Strings are written as they stand; every other type (numbers, true, lists, objects) as JSON.
- To say a line that would begin a call, put a backslash before it: \\@call TOOL
- Or write JSON, a list of content blocks (ids are added for you):
  [{"type": "text", "text": "What you say."},
   {"type": "tool_use", "name": "TOOL", "input": {"parameter": "value"}}]"""
