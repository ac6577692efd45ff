"""What one call did to production files: whether it pulled code that was there into a new place."""

from __future__ import annotations

from promptverdict.graders.reading.code_edits import Edit, find_edit
from promptverdict.trials.tree import Node, Tree

from tests.cases import try_cases

LONG = """\
def total(items):
    lines = []
    for item in items:
        cents = item.cents * item.count
        lines.append(cents + cents * 19 // 100)
    return sum(lines)
"""
PULLED_OUT = """\
def line(item):
    \"\"\"What a line costs.\"\"\"
    cents = item.cents * item.count
    return cents + cents * 19 // 100


def total(items):
    return sum(line(item) for item in items)
"""
HELPER_THAT_IS_NEW = """\
def rate(item):
    return 7 if item.is_book else 19


def total(items):
    lines = []
    for item in items:
        cents = item.cents * item.count
        lines.append(cents + cents * rate(item) // 100)
    return sum(lines)
"""
COPIED = LONG + "\n\ndef line(item):\n    cents = item.cents * item.count\n    return cents\n"
JS = """\
export function total(items) {
  let sum = 0;
  for (const item of items) {
    const cents = item.cents * item.count;
    sum += cents;
  }
  return sum;
}
"""
JS_PULLED_OUT = """\
function line(item) {
  const cents = item.cents * item.count;
  return cents;
}

export function total(items) {
  return items.reduce((sum, item) => sum + line(item), 0);
}
"""


def change(path: str, before: str, after: str) -> Edit:
    def tree(text: str) -> Tree:
        return {path: Node(kind="file", content=text.encode())}

    edit = find_edit(tree(before), tree(after), ())
    assert edit is not None
    return edit


@try_cases(
    ("path", "before", "after"),
    [
        ("app/order.py", LONG, PULLED_OUT),
        ("app/order.py", LONG, LONG.replace("def total", "def total_of")),
        ("src/order.js", JS, JS_PULLED_OUT),
    ],
)
def test_lines_that_left_one_definition_for_a_new_one_were_pulled_out(
    path: str, before: str, after: str
) -> None:
    assert change(path, before, after).pulls_out


@try_cases("after", [HELPER_THAT_IS_NEW, COPIED, LONG.replace("19", "20")])
def test_a_helper_that_is_new_a_copy_and_a_change_pull_nothing_out(after: str) -> None:
    assert not change("app/order.py", LONG, after).pulls_out


def test_putting_a_definition_back_into_its_caller_restructures_and_pulls_nothing_out() -> None:
    inlined = change("app/order.py", PULLED_OUT, LONG)
    assert inlined.restructures
    assert not inlined.pulls_out
