"""Frontmatter as it is found in the wild is read, and what was wrong with it is told."""

from __future__ import annotations

import textwrap
import time

from promptverdict.agents.frontmatter import split_frontmatter
from promptverdict.agents.variant import Source

from tests.cases import try_cases

BODY = "You are a careful developer.\n"


def agent(frontmatter: str, body: str = BODY) -> str:
    return f"---\n{textwrap.dedent(frontmatter).strip(chr(10))}\n---\n{body}"


def told(source: Source) -> list[str]:
    return [str(diagnostic) for diagnostic in source.diagnostics]


def test_good_frontmatter_gives_keys_lines_and_body_without_a_word() -> None:
    source = split_frontmatter(agent("name: a\ntools: [Read]\ncolor: '#fff'\nturns: 3"))
    assert source.keys == {"name": "a", "tools": ["Read"], "color": "#fff", "turns": 3}
    assert source.lines == {"name": 2, "tools": 3, "color": 4, "turns": 5}
    assert (source.body, source.body_line) == (BODY, 7)
    assert source.diagnostics == ()


def test_an_unquoted_colon_is_repaired_and_told_with_its_line() -> None:
    source = split_frontmatter(agent("name: a\ndescription: Use this: for APIs\nmodel: sonnet"))
    assert source.keys == {"name": "a", "description": "Use this: for APIs", "model": "sonnet"}
    assert told(source) == ["repaired: unquoted colon in description (line 3)"]


def test_literal_backslash_n_with_examples_stays_as_it_is_written() -> None:
    description = r"Use it.\n\n<example>\nContext: x\nuser: \"y\"\n</example>"
    source = split_frontmatter(agent(f"name: a\ndescription: {description}\nmodel: sonnet"))
    assert source.keys == {"name": "a", "description": description, "model": "sonnet"}
    assert told(source) == ["repaired: unquoted colon in description (line 3)"]


def test_examples_over_many_lines_belong_to_the_description() -> None:
    text = """\
        name: a
        description: Use this when asked: soon.

        Examples:

        <example>
        Context: Someone asks
        user: "Please"

        model: none of ours
        </example>

        model: sonnet
        """
    source = split_frontmatter(agent(text))
    assert source.keys is not None
    assert list(source.keys) == ["name", "description", "model"]
    assert source.keys["description"].endswith("model: none of ours\n</example>")
    assert source.keys["model"] == "sonnet"
    assert source.lines["model"] == 14
    assert told(source) == ["repaired: unquoted colon in description (line 3)"]


def test_an_example_that_never_closes_does_not_swallow_the_keys_below() -> None:
    source = split_frontmatter(agent("description: See: <example> here\nmodel: sonnet"))
    assert source.keys == {"description": "See: <example> here", "model": "sonnet"}


def test_a_folded_description_is_one_text() -> None:
    folded = split_frontmatter(agent("description:\n  Use this\n  when asked\nname: a"))
    assert folded.keys == {"description": "Use this when asked", "name": "a"}
    assert folded.diagnostics == ()
    broken = split_frontmatter(agent("description: Use: this\n  when asked: now\nname: a"))
    assert broken.keys == {"description": "Use: this when asked: now", "name": "a"}


@try_cases(
    ("line", "value", "reason"),
    [
        ("tools: *", "*", "unquoted * in tools"),
        ("tools: @all", "@all", "unquoted @ in tools"),
        ("tools: {{ tools }}", "{{ tools }}", "unquoted { in tools"),
        ("tools: [Read, Write", "[Read, Write", "unquoted [ in tools"),
        ("tools: !!python/name:os.system x", "!!python/name:os.system x", "unquoted ! in tools"),
        ("tools: &a Read", "&a Read", "unquoted & in tools"),
        ('tools: "Read", "Write"', '"Read", "Write"', "quotes that do not pair in tools"),
        ("tools: 'it's: so'", "it's: so", "quotes that do not pair in tools"),
        ('tools: "Read', '"Read', "a quote that is not closed in tools"),
        ("tools: 'Read", "'Read", "a quote that is not closed in tools"),
        (f"tools: {'[' * 50_000}", "[" * 50_000, "unquoted [ in tools"),
    ],
)
def test_a_value_that_is_no_yaml_is_taken_as_text(line: str, value: str, reason: str) -> None:
    source = split_frontmatter(agent(f"name: a\n{line}"))
    assert source.keys == {"name": "a", "tools": value}
    assert told(source) == [f"repaired: {reason} (line 3)"]


def test_a_bare_star_as_a_key_leaves_the_other_tools_alone() -> None:
    source = split_frontmatter(agent("description: x\ntools:\n  *: false\n  read: true"))
    assert source.keys == {"description": "x", "tools": {"*": False, "read": True}}
    assert told(source) == ["repaired: unquoted * as a key of tools (line 4)"]


def test_lists_and_maps_beside_a_broken_line_keep_their_types() -> None:
    text = "description: a: b\ntools:\n- Read\n- Write\nmodes: {x: 1}\nturns: 5\nfast: true"
    source = split_frontmatter(agent(text))
    assert source.keys is not None
    assert source.keys["tools"] == ["Read", "Write"]
    assert source.keys["modes"] == {"x": 1}
    assert (source.keys["turns"], source.keys["fast"]) == (5, True)


def test_a_list_with_an_item_that_is_no_yaml_is_a_list_of_texts() -> None:
    source = split_frontmatter(agent("tools:\n  - Read\n  - *\n  - 'Write'"))
    assert source.keys == {"tools": ["Read", "*", "Write"]}


def test_tools_in_brackets_that_are_no_yaml_are_a_list_of_texts() -> None:
    source = split_frontmatter(agent("tools: [Bash(git: *), 'Read', Bash(a:*, b:*)]\nmodel: x"))
    assert source.keys == {"tools": ["Bash(git: *)", "Read", "Bash(a:*, b:*)"], "model": "x"}
    text = "[ref: a] means: it is in [b]"
    assert split_frontmatter(agent(f"description: {text}")).keys == {"description": text}


def test_a_no_break_space_behind_a_colon_loses_no_key() -> None:
    source = split_frontmatter(agent("name:\u00a0a\ndescription: b: c\nmodel\u00a0: x"))
    assert source.keys == {"name": "a", "description": "b: c", "model": "x"}


@try_cases(
    ("text", "line"),
    [
        ("<!-- made -->\n---\nname: a\n---\nB.\n", 2),
        ("# A\n\n---\nname: a\n---\nB.\n", 3),
        (" ---\nname: a\n ---\nB.\n", 1),
        ("\u200b---\nname: a\n---\nB.\n", 1),
        ("\u2014-\ndescription: a\n\u2014-\nB.\n", 1),
        ("----\ntools: a\n----\nB.\n", 1),
    ],
)
def test_what_was_meant_as_frontmatter_is_told(text: str, line: int) -> None:
    source = split_frontmatter(text)
    assert (source.keys, source.body) == (None, text)
    (diagnostic,) = source.diagnostics
    assert diagnostic.text.startswith(f"line {line} begins no frontmatter")


def test_a_list_in_the_place_of_keys_is_no_prompt() -> None:
    source = split_frontmatter("---\n- kind: remote\n  name: a\n---\n")
    assert (source.keys, source.body) == (None, "")
    kept = "---\nA prompt.\n---\n"
    assert split_frontmatter(kept).body == kept


def test_a_key_given_twice_is_told_with_both_lines_and_the_last_counts() -> None:
    source = split_frontmatter(agent("name: a\nmodel: x\nname: b"))
    assert source.keys == {"name": "b", "model": "x"}
    assert "repaired: name is given twice, in lines 2 and 4: the last one counts (line 4)" in told(
        source
    )


def test_a_tab_is_told() -> None:
    source = split_frontmatter(agent("name: a\nmetadata:\n\tlevel: 1"))
    assert source.keys == {"name": "a", "metadata": {"level": 1}}
    (diagnostic,) = source.diagnostics
    assert (diagnostic.line, diagnostic.kind) == (4, "repaired")
    assert "tabs are not allowed" in diagnostic.text


def test_a_line_of_nothing_known_is_told() -> None:
    source = split_frontmatter(agent("name: a\njust words\nmodel: x"))
    assert source.keys is not None
    assert source.keys["model"] == "x"
    assert [diagnostic.kind for diagnostic in source.diagnostics] == ["repaired"]


def test_an_unusable_number_is_text() -> None:
    source = split_frontmatter(agent(f"name: a\nid: {'9' * 5000}\nscore: .nan"))
    assert source.keys == {"name": "a", "id": "9" * 5000, "score": ".nan"}


def test_crlf_and_a_byte_order_mark_make_no_difference() -> None:
    text = agent("name: a\ndescription: b: c")
    assert split_frontmatter("\ufeff" + text.replace("\n", "\r\n")) == split_frontmatter(text)


def test_a_text_without_frontmatter_is_all_body() -> None:
    source = split_frontmatter("# Title\n\n---\nplan: a\n---\n")
    assert (source.keys, source.body_line) == (None, 1)
    assert source.body == "# Title\n\n---\nplan: a\n---\n"
    assert told(source) == ["no-frontmatter: the whole text is the prompt (line 1)"]


def test_an_empty_text_has_no_frontmatter() -> None:
    assert split_frontmatter("").keys is None
    assert split_frontmatter("\n \n").keys is None


def test_a_marker_that_is_never_closed_makes_all_of_it_body() -> None:
    text = "---\nname: a\ndescription: b\n\nYou are a developer.\n"
    source = split_frontmatter(text)
    assert (source.keys, source.body) == (None, text)
    assert told(source)[0].startswith("unterminated: the `---` of this line is never closed")


def test_a_rule_of_the_body_does_not_close_the_frontmatter() -> None:
    text = "---\nname: a\n\nYou are a developer: careful, and\nkind to others.\n\n---\n\nMore.\n"
    source = split_frontmatter(text)
    assert (source.keys, source.body) == (None, text)
    assert [diagnostic.kind for diagnostic in source.diagnostics] == ["not-a-mapping"]


@try_cases("inner", ["- a\n- b", "just words", "'quoted'", "---"])
def test_what_is_no_mapping_is_no_frontmatter(inner: str) -> None:
    text = f"---\n{inner}\n---\n{BODY}"
    source = split_frontmatter(text)
    if inner == "---":
        assert source.keys == {}
        return
    assert (source.keys, source.body) == (None, text)
    assert [diagnostic.kind for diagnostic in source.diagnostics] == ["not-a-mapping"]


@try_cases("inner", ["", "# only a comment", "\n\n"])
def test_frontmatter_may_be_empty(inner: str) -> None:
    source = split_frontmatter(f"---\n{inner}\n---\n{BODY}")
    assert (source.keys, source.body) == ({}, BODY)


def test_later_rules_belong_to_the_body() -> None:
    body = "One.\n\n---\n\nTwo.\n---\n"
    source = split_frontmatter(agent("name: a", body))
    assert source.body == body
    assert source.diagnostics == ()


def test_a_second_frontmatter_belongs_to_the_body_and_is_told() -> None:
    body = "---\nname: b\n---\nText\n"
    source = split_frontmatter(agent("name: a", body))
    assert (source.keys, source.body) == ({"name": "a"}, body)
    assert [diagnostic.kind for diagnostic in source.diagnostics] == ["second-frontmatter"]
    assert source.diagnostics[0].line == 4


def test_blank_lines_before_the_frontmatter_are_passed_over_and_told() -> None:
    source = split_frontmatter("\n\n" + agent("name: a"))
    assert (source.keys, source.lines, source.body) == ({"name": "a"}, {"name": 4}, BODY)
    assert source.body_line == 6
    assert told(source) == ["repaired: frontmatter that does not begin on line 1 (line 3)"]


def test_a_code_fence_around_the_frontmatter_is_passed_over_and_told() -> None:
    source = split_frontmatter(f"```yaml\n---\nname: a\n---\n```\n{BODY}")
    assert (source.keys, source.lines, source.body) == ({"name": "a"}, {"name": 3}, BODY)
    assert source.body_line == 6
    assert told(source) == ["repaired: frontmatter inside a code fence (line 1)"]


def test_a_code_fence_around_the_whole_file_is_passed_over_but_not_one_within() -> None:
    inner = "Do:\n```sh\nls\n```"
    whole = split_frontmatter(f"```markdown\n---\nname: a\n---\n{inner}\n```\n")
    assert whole.body == inner
    unclosed = split_frontmatter(f"```markdown\n---\nname: a\n---\n{inner}\n")
    assert unclosed.body == inner + "\n"


def test_template_braces_in_the_body_are_left_alone() -> None:
    body = "Hello {{ name }}, ${HOME}, {% if x %}\n"
    assert split_frontmatter(agent("name: a", body)).body == body


def test_hostile_frontmatter_takes_no_time_and_no_process() -> None:
    started = time.monotonic()
    split_frontmatter("---\n" + "k: a: b\n" * 2_000 + "---\nx")
    split_frontmatter("---\n" + "k: a: b\n" * 100_000 + "---\nx")
    split_frontmatter(
        "---\n" + "".join(" " * depth + "k:\n" for depth in range(1_500)) + " a: b: c\n---\nx"
    )
    split_frontmatter("---\na: &a [x]\nb: [" + "*a, " * 100_000 + "]\n---\nx")
    split_frontmatter("---\ntools: " + "," * 500_000 + ": :\n---\nx")
    assert time.monotonic() - started < 10
