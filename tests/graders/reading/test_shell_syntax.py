"""A command is cut into what it runs, whatever stands around it."""

from __future__ import annotations

from promptverdict.graders.reading.shell_syntax import split_command

from tests.cases import try_cases


def words(command: str) -> list[list[str]]:
    return [list(segment.words) for segment in split_command(command)]


@try_cases(
    ("command", "expected"),
    [
        ("a b && c || d; e & f | g", [["a", "b"], ["c"], ["d"], ["e"], ["f"], ["g"]]),
        ("a 'b; c' \"d && e\" f\\;g", [["a", "b; c", "d && e", "f;g"]]),
        ("a # b; c\nd", [["a"], ["d"]]),
        ("a#b", [["a#b"]]),
        ("A=1 B='2 3' time a --b=C=4", [["a", "--b=C=4"]]),
        ("cat > f <<'END'\na; b\nEND\nc", [["cat"], ["c"]]),
        ("cat <<-X\n\ta\n\tX\nc", [["cat"], ["c"]]),
        ("if a; then b; else c; fi", [["a"], ["b"], ["c"], ["fi"]]),
        ("(cd a && b) 2>&1", [["cd", "a"], ["b"]]),
        ("a \\\n  b", [["a", "b"]]),
        ("a $(b c)", [["a"], ["b", "c"]]),
        ('a "$(b c)" `d`', [["b", "c"], ["a", "$(b c)", "`d`"]]),
        ("a 'unclosed", [["a", "'unclosed"]]),
        ("", []),
    ],
)
def test_a_command_is_its_simple_commands(command: str, expected: list[list[str]]) -> None:
    assert words(command) == expected


@try_cases(
    ("command", "writes"),
    [
        ("a > out", ("out",)),
        ("a >out 2>&1", ("out",)),
        ("a 2>/dev/null >> log", ("/dev/null", "log")),
        ("a &> out", ("out",)),
        ("a 2>&1", ()),
        ("a < in", ()),
    ],
)
def test_where_output_goes_is_seen(command: str, writes: tuple[str, ...]) -> None:
    assert split_command(command)[0].writes == writes


def test_pipes_and_loops_are_seen() -> None:
    first, second, third = split_command("a | b; c")
    assert (first.joined, second.fed, second.joined, third.fed) == ("|", True, ";", False)
    inside = [segment.looped for segment in split_command("a; for i in 1 2; do b; done; c")]
    assert inside == [False, True, True, True, False]
