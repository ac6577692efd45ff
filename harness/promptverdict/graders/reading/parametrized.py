"""Cases of parametrized tests: which of them an agent added to a test that was there before.

A case is known by its id, the text in brackets that pytest makes of its values.
"""

from __future__ import annotations

import ast
from functools import lru_cache
from itertools import islice, product

from promptverdict.graders.reading.python_source import find_definitions

_MOST = 5000
"""Combinations of stacked decorators that are looked at."""


def has_new_case(before: bytes, after: bytes, title: str) -> bool:
    """Whether a failing case of a parametrized test is one that an earlier version has not.

    title: `TestA::test_b[1-two]`; without brackets, or where the decorators stayed, it is not.
    """
    name, bracket, rest = title.partition("[")
    if not bracket:
        return False
    old, new = _list_decorators(before, name), _list_decorators(after, name)
    return old != new and rest.removesuffix("]") not in _list_case_ids(before, name)


@lru_cache(maxsize=512)
def _list_decorators(content: bytes, name: str) -> tuple[str, ...]:
    return tuple(ast.dump(call) for call in _find_calls(content, name))


@lru_cache(maxsize=512)
def _list_case_ids(content: bytes, name: str) -> frozenset[str]:
    """List the ids of a test's cases as pytest makes them: the lowest decorator comes first."""
    lists = [_name_cases(call) for call in reversed(_find_calls(content, name))]
    return frozenset("-".join(parts) for parts in islice(product(*lists), _MOST) if parts)


def _find_calls(content: bytes, name: str) -> list[ast.Call]:
    return [
        decorator
        for definition in reversed(find_definitions(content, name))
        for decorator in definition.decorator_list
        if isinstance(decorator, ast.Call)
        and isinstance(decorator.func, ast.Attribute)
        and decorator.func.attr == "parametrize"
        and len(decorator.args) > 1
    ]


def _name_cases(call: ast.Call) -> list[str]:
    names, values = call.args[0], call.args[1]
    if isinstance(names, ast.Constant):
        arguments = [part.strip() for part in str(names.value).split(",")]
    else:
        arguments = [str(_read(part)) for part in getattr(names, "elts", ())]
    given = next((word.value for word in call.keywords if word.arg == "ids"), None)
    ids = [_read(part) for part in getattr(given, "elts", ())]
    cases = getattr(values, "elts", [])
    return [
        str(ids[number])
        if number < len(ids) and ids[number] is not None
        else _name_case(case, number, arguments)
        for number, case in enumerate(cases)
    ]


def _name_case(case: ast.expr, number: int, arguments: list[str]) -> str:
    if isinstance(case, ast.Call):
        # pytest.param(1, 2, id="both")
        for word in case.keywords:
            if word.arg == "id":
                return str(_read(word.value))
        parts = case.args
    elif len(arguments) > 1:
        parts = getattr(case, "elts", [])
    else:
        parts = [case]
    return "-".join(
        _name_value(part, f"{argument}{number}")
        for part, argument in zip(parts, arguments, strict=False)
    )


def _name_value(part: ast.expr, otherwise: str) -> str:
    value = _read(part)
    if isinstance(value, str):
        return value.encode("unicode_escape").decode("ascii")
    return str(value) if isinstance(value, bool | int | float) or _is_none(part) else otherwise


def _read(part: ast.expr) -> object:
    try:
        return ast.literal_eval(part)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return None


def _is_none(part: ast.expr) -> bool:
    return isinstance(part, ast.Constant) and part.value is None
