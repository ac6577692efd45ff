"""What graders read out of Python sources: meanings, definitions, imports."""

from __future__ import annotations

import ast

from promptverdict.graders.reading.code_edits import find_edit
from promptverdict.graders.reading.failure_reasons import Known
from promptverdict.graders.reading.module_graph import can_reach, list_module_names
from promptverdict.graders.reading.python_source import (
    describe_function,
    list_defined_names,
    map_definitions,
)
from promptverdict.graders.reading.test_sources import describe_test
from promptverdict.trials.tree import Node, Tree

from tests.cases import try_cases


def tree(**files: str) -> Tree:
    return {
        f"{name.replace('__', '/')}.py": Node("file", text.encode()) for name, text in files.items()
    }


NESTED = """\
class Cart:
    {0}
    def add(self):
        {0}
        try:
            def inner():
                {0}
                return 1
        except ValueError:
            async def inner():
                {0}
                return 2
        match inner():
            case 1:
                def other():
                    {0}
                    return 3
        return inner
"""


def test_docstrings_mean_nothing_however_deep() -> None:
    plain, told = (tree(app=NESTED.format(text)) for text in ("'one'", "'two'"))
    edit = find_edit(plain, told, ())
    assert edit is not None
    assert edit.kind == "cosmetic"


def test_a_text_that_is_no_docstring_means_something() -> None:
    edit = find_edit(tree(app="x = len('one')\n"), tree(app="x = len('two')\n"), ())
    assert edit is not None
    assert (edit.kind, edit.names) == ("changes", {"x"})


def test_what_is_defined_is_named_as_it_is_mapped_and_stubs_are_not_there() -> None:
    code = (
        b"class A:\n    def f(self): return 1\n    def g(self): raise NotImplementedError\n"
        b"B = make()\nC = 3\ndef h(): return 2\ndef h(): return 4\n"
    )
    assert list_defined_names(code) == tuple(map_definitions(code)) == ("A", "A.f", "B", "h")
    assert list_defined_names(b"def broken(:") == ()


def test_a_test_is_told_by_its_function_and_a_file_by_all_of_it() -> None:
    given = tree(t="def test_a():\n    assert 1\n\n\nclass TestB:\n    def test_c(self): pass\n")
    assert describe_test(given, "t.py::test_a[x-y::z]") == describe_test(given, "t.py::test_a")
    assert describe_test(given, "t.py::TestB::test_c") is not None
    assert describe_test(given, "t.py::TestB::test_d") is None
    assert describe_test(given, "other.py") is None
    assert describe_test(given, "t.py") is not None


@try_cases(
    "code",
    [
        "def test():\n    import app.shop\n",
        "try:\n    pass\nexcept ValueError:\n    from app import shop\n",
        "match 1:\n    case 1:\n        import app.shop\n",
        "if x:\n    pass\nelse:\n    from app.shop import price\n",
        "while x:\n    pass\nelse:\n    import importlib\n",
    ],
)
def test_an_import_counts_wherever_it_stands(code: str) -> None:
    shop = tree(app__shop="def price(): return 1\n", app____init__="")
    assert can_reach({**shop, **tree(tests__test_a=code)}, "tests/test_a.py", ["app/shop.py"])
    text = f'"""{code}"""\n'
    assert not can_reach({**shop, **tree(tests__test_a=text)}, "tests/test_a.py", ["app/shop.py"])


def test_a_module_goes_by_its_path_from_any_folder_above() -> None:
    assert list_module_names("src/app/shop.py") == ("src.app.shop", "app.shop", "shop")
    assert list_module_names("app/__init__.py") == ("app",)
    assert list_module_names("app/shop.txt") == list_module_names("__pycache__/shop.py") == ()


def test_known_is_what_is_defined_in_any_tree_and_not_what_is_only_spoken_of() -> None:
    one = tree(app="def price(): return tax\n")
    known = Known.of([one, tree(app="class Cart:\n    def add(self): pass\n")])
    assert all(map(known.defines, ("price", "Cart", "add")))
    assert not any(map(known.defines, ("tax", "app", "Cart.add", "", "\ud800")))
    assert known.modules == {"app"}


def test_a_name_is_known_in_whatever_letters_the_file_spells_it() -> None:
    assert Known.of([tree(app="def ｐｒｉｃｅ(): return 1\n")]).defines("price")  # noqa: RUF001
    assert Known.of([tree(app="def größe(): return 1\n")]).defines("größe")


@try_cases(
    "one, other",
    [
        ("x = 'a'", 'x = "a"'),
        ("x = f(1)", "x = f( 1 )  # told"),
        ("x = f(1)", "x = f(1.0)"),
        ("x = f(1)", "x = f(True)"),
        ("x = 'a'", "x = u'a'"),
        ("x = f'{a}'", "x = f'{a!r}'"),
        ("x, y = z", "(x, y) = z"),
        ("x = [y]", "x = (y,)"),
        ("x = [[a], b]", "x = [[a, b]]"),
        ("x = y", "x: z = y"),
        ("def f(a, /): g(a)", "def f(a): g(a)"),
        ("def f(a=None): g(a)", "def f(a): g(a)"),
        ("async def f(): g()", "def f(): g()"),
        ("class A(B): x = 1", "class A(B, c=d): x = 1"),
        ("return_ = a.b", "return_ = a . b"),
    ],
)
def test_sources_mean_the_same_where_their_trees_are_the_same(one: str, other: str) -> None:
    same = ast.dump(ast.parse(one)) == ast.dump(ast.parse(other))
    assert (describe_function(one.encode(), "") == describe_function(other.encode(), "")) is same
