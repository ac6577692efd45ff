"""Sources with braces, read by their lines: what they define, what means nothing, their tests."""

from __future__ import annotations

from promptverdict.graders.reading.brace_source import (
    describe_code,
    find_test_block,
    is_public_block,
    list_rust_tests,
    list_titles,
    map_blocks,
    strip_inline_tests,
)
from promptverdict.graders.reading.code_edits import find_edit
from promptverdict.trials.tree import Node, Tree

from tests.cases import try_cases

JS = """\
// The cart.
import { rate } from './rate.js';

export class Cart {
  constructor(items) {
    this.items = items;
  }

  remove(sku) {
    delete this.items[sku];
  }
}

export const slug = async (text) => {
  return text;
};
const twice = (x) => x * 2;

function later(a) {
  throw new Error('not implemented');
}

module.exports = { slug, twice };
"""
GO = """\
package shop

func Old() int {
	return 1
}

func (c *Cart) Remove(sku string) error {
	return nil
}

func later() {
	panic("not implemented")
}
"""
RUST = """\
pub fn old() -> u32 {
    1
}

fn later() {
    todo!()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn joins_words() {
        assert_eq!(old(), 1);
    }

    #[test]
    #[ignore]
    fn slow() {}
}
"""


def test_definitions_are_found_and_stubs_are_none() -> None:
    assert list(map_blocks(JS.encode())) == ["Cart", "Cart.remove", "slug", "twice"]
    assert list(map_blocks(GO.encode())) == ["Old", "Remove"]
    assert list(map_blocks(RUST.encode())) == ["old"]


@try_cases(
    ("path", "name", "block", "public"),
    [
        ("a.js", "slug", "function slug() {", True),
        ("a.ts", "_slug", "function _slug() {", False),
        ("a.go", "Slug", "func Slug() {", True),
        ("a.go", "slug", "func slug() {", False),
        ("a.rs", "slug", "pub fn slug() {", True),
        ("a.rs", "slug", "fn slug() {", False),
    ],
)
def test_each_language_has_its_way_to_be_public(
    path: str, name: str, block: str, public: bool
) -> None:
    assert is_public_block(path, name, block) is public


def edit(path: str, old: str, new: str) -> str | None:
    before, after = ({path: Node("file", text.encode())} for text in (old, new))
    found = find_edit(before, after, ())
    return found.kind if found else None


@try_cases(
    ("path", "old", "new", "kind"),
    [
        ("a.js", JS, JS.replace("// The cart.", "// Carts.\n\n"), "cosmetic"),
        ("a.js", JS, JS.replace("later(a)", "later(a, b)"), "cosmetic"),
        ("a.js", JS, JS.replace("{ slug, twice }", "{ slug, twice, later }"), "cosmetic"),
        ("a.js", JS, JS.replace("throw new Error('not implemented')", "return a"), "adds"),
        ("a.js", JS, JS.replace("return text;", "return text.trim();"), "changes"),
        ("a.js", JS, JS.replace("const twice", "const _twice"), "changes"),
        ("a.go", GO, GO.replace('panic("not implemented")', "run()"), "changes"),
        ("a.go", GO, GO + "\nfunc More() {\n\trun()\n}\n", "adds"),
        ("src/lib.rs", RUST, RUST.replace("old(), 1", "old(), 2"), None),
        ("src/lib.rs", RUST, RUST.replace("    1\n", "    2\n"), "changes"),
        ("a.sql", "a", "b", "changes"),
    ],
)
def test_an_edit_is_what_it_means(path: str, old: str, new: str, kind: str | None) -> None:
    assert edit(path, old, new) == kind


def test_tests_are_found_by_their_titles() -> None:
    js = "it('a b', () => {\n  x();\n});\n  test.skip(`c`, () => {});\n  test('d', () => {});\n"
    assert find_test_block(js.encode(), "a b") == "it('a b', () => {\nx();\n});"
    assert find_test_block(js.encode(), "x y") is None
    assert list_titles(js.encode()) == ("a b", "d")
    assert list_rust_tests(RUST.encode()) == ("joins_words",)
    assert find_test_block(RUST.encode(), "joins_words") == (
        "fn joins_words() {\nassert_eq!(old(), 1);\n}"
    )


def test_rusts_inline_tests_are_no_production_code() -> None:
    assert b"joins_words" not in strip_inline_tests(RUST.encode())
    assert "joins_words" in describe_code(RUST.encode())
    tree: Tree = {"src/lib.rs": Node("file", RUST.encode())}
    assert find_edit(tree, tree, ()) is None
