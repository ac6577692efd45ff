"""Many cases of one claim, tried in one test: a test of its own costs more than most cases do."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import pytest

Test = Callable[..., None]
_PARAMETERS = type(pytest.param())


def try_cases(
    names: str | Sequence[str],
    cases: Iterable[Any],
    *,
    ids: Iterable[str] | Callable[[Any], object] | None = None,
) -> Callable[[Test], Test]:
    """Try a test's claim on every case, as `pytest.mark.parametrize` does, in one test.

    Every case is tried, whatever becomes of the others; a failure names each case that fails. It is
    for tests that take nothing but their case: fixtures are made once, and not for each.
    """
    fields = [name.strip() for name in names.split(",")] if isinstance(names, str) else list(names)
    cases = list(cases)
    if all(isinstance(case, _PARAMETERS) for case in cases):
        assert not any(case.marks for case in cases)
        ids = [case.id for case in cases]
        cases = [case.values if len(fields) > 1 else case.values[0] for case in cases]
    rows = [_read_case(fields, case) for case in cases]
    labels = _label_cases(rows, ids)

    def decorate(test: Test) -> Test:
        def run_all(**rest: Any) -> None:
            failed: dict[str, BaseException] = {}
            for number, (label, row) in enumerate(zip(labels, rows, strict=True)):
                try:
                    test(**row, **rest)
                except (Exception, pytest.fail.Exception) as error:
                    error.add_note(f"in case {number}: {label}")
                    failed[f"{number}: {label}"] = error
            if failed:
                found = f"{len(failed)} of {len(rows)} cases failed"
                message = "\n  ".join([found, *failed])
                raise BaseExceptionGroup(message, list(failed.values()))

        signature = inspect.signature(test)
        left = [value for name, value in signature.parameters.items() if name not in fields]
        assert len(left) == len(signature.parameters) - len(fields), fields
        run_all.__name__, run_all.__qualname__ = test.__name__, test.__qualname__
        run_all.__module__, run_all.__doc__ = test.__module__, test.__doc__
        run_all.__signature__ = signature.replace(parameters=left)  # type: ignore[attr-defined]
        if marks := getattr(test, "pytestmark", []):
            run_all.pytestmark = marks  # type: ignore[attr-defined]
        return run_all

    assert rows, "no case is tried"
    return decorate


def _read_case(fields: Sequence[str], case: Any) -> dict[str, Any]:
    values = case if len(fields) > 1 else (case,)
    return dict(zip(fields, values, strict=True))


def _label_cases(
    rows: Sequence[Mapping[str, Any]], ids: Iterable[str] | Callable[[Any], object] | None
) -> list[str]:
    if ids is None:
        return [
            ", ".join(f"{name}={_shorten(value)}" for name, value in row.items()) for row in rows
        ]
    if callable(ids):
        return ["-".join(str(ids(value)) for value in row.values()) for row in rows]
    labels = list(ids)
    assert len(labels) == len(rows)
    return labels


def _shorten(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 100 else f"{text[:100]}..."
