"""What real runners printed is counted and named as a person reads it.

The texts below tests/data/runners were printed by the versions in the folders' names, in a sandbox,
by one small project in its stages; the first line of each is the command.
"""

from __future__ import annotations

from pathlib import Path

from promptverdict.graders.reading.runners.junit_xml import read_junit
from promptverdict.graders.reading.runners.printed import PrintedRun
from promptverdict.graders.reading.runners.read import read_printed

from tests.cases import try_cases

RUNNERS = Path(__file__).parents[3] / "data" / "runners"

Expected = tuple[int, int, int, int, dict[str, str]] | None
"""Passed, failed, could not run, skipped, and why each named test failed; None: not read."""

EXPECTED: dict[str, Expected] = {
    "cargo-1.95.0/assertion-quiet": (1, 1, 0, 1, {"::tests::joins_words": "AssertionError"}),
    "cargo-1.95.0/assertion-tail": (1, 1, 0, 1, {}),
    "cargo-1.95.0/assertion": (1, 1, 0, 1, {"src/lib.rs::tests::joins_words": "AssertionError"}),
    "cargo-1.95.0/baseline": (2, 0, 0, 0, {}),
    "cargo-1.95.0/green-name": (1, 0, 0, 0, {}),
    "cargo-1.95.0/green-quiet": (3, 0, 0, 1, {}),
    "cargo-1.95.0/green-tail": (0, 0, 0, 0, {}),
    "cargo-1.95.0/green": (3, 0, 0, 1, {}),
    "cargo-1.95.0/missing": (0, 0, 1, 0, {"src/lib.rs": "MissingName"}),
    "cargo-1.95.0/stub": (1, 1, 0, 1, {"src/lib.rs::tests::joins_words": "NotImplementedError"}),
    "cargo-1.95.0/syntax": (0, 0, 1, 0, {"src/lib.rs": "SyntaxError"}),
    "go-1.19.8/assertion-json": (2, 1, 0, 1, {"example.org/shop::TestSlug": "AssertionError"}),
    "go-1.19.8/assertion-verbose": (2, 1, 0, 1, {"example.org/shop::TestSlug": "AssertionError"}),
    "go-1.19.8/assertion": (0, 1, 0, 0, {"example.org/shop::TestSlug": "AssertionError"}),
    "go-1.19.8/baseline": (0, 0, 0, 0, {}),
    "go-1.19.8/green-here": (0, 0, 0, 0, {}),
    "go-1.19.8/green-json": (3, 0, 0, 1, {}),
    "go-1.19.8/green-run": (1, 0, 0, 0, {}),
    "go-1.19.8/green-verbose": (3, 0, 0, 1, {}),
    "go-1.19.8/green": (0, 0, 0, 0, {}),
    "go-1.19.8/missing-json": (1, 0, 1, 0, {"example.org/shop/slug_test.go": "MissingName"}),
    "go-1.19.8/missing": (0, 0, 1, 0, {"example.org/shop/slug_test.go": "MissingName"}),
    "go-1.19.8/stub": (0, 1, 0, 0, {"example.org/shop::TestSlug": "NotImplementedError"}),
    "go-1.19.8/syntax": (0, 0, 1, 0, {"example.org/shop/slug_test.go": "SyntaxError"}),
    "jest-30.5.2/assertion-verbose": (
        1,
        1,
        0,
        1,
        {"__tests__/slug.test.js::slug > joins words": "AssertionError"},
    ),
    "jest-30.5.2/assertion": (
        1,
        1,
        0,
        1,
        {"__tests__/slug.test.js::slug > joins words": "AssertionError"},
    ),
    "jest-30.5.2/baseline": (1, 0, 0, 0, {}),
    "jest-30.5.2/green-name": (1, 0, 0, 2, {}),
    "jest-30.5.2/green-npm": (2, 0, 0, 1, {}),
    "jest-30.5.2/green-one": (1, 0, 0, 1, {}),
    "jest-30.5.2/green-verbose": (2, 0, 0, 1, {}),
    "jest-30.5.2/green": (2, 0, 0, 1, {}),
    "jest-30.5.2/missing-module": (1, 0, 1, 0, {"__tests__/slug.test.js": "MissingModule"}),
    "jest-30.5.2/missing-verbose": (
        1,
        1,
        0,
        1,
        {"__tests__/slug.test.js::slug > joins words": "MissingName"},
    ),
    "jest-30.5.2/missing": (
        1,
        1,
        0,
        1,
        {"__tests__/slug.test.js::slug > joins words": "MissingName"},
    ),
    "jest-30.5.2/stub": (
        1,
        1,
        0,
        1,
        {"__tests__/slug.test.js::slug > joins words": "NotImplementedError"},
    ),
    "make-unittest-3.11.2/assertion": (
        1,
        1,
        0,
        1,
        {"tests/test_slug.py::SlugTest::test_blanks": "AssertionError"},
    ),
    "make-unittest-3.11.2/green": (2, 0, 0, 1, {}),
    "make-unittest-3.11.2/import-error": (1, 0, 1, 0, {"tests/test_slug.py": "ImportError"}),
    "mocha-12.0.3/assertion-tap": (1, 1, 0, 1, {"::slug joins words": "AssertionError"}),
    "mocha-12.0.3/assertion": (1, 1, 0, 1, {"::slug > joins words": "AssertionError"}),
    "mocha-12.0.3/baseline": (1, 0, 0, 0, {}),
    "mocha-12.0.3/green-dot": (2, 0, 0, 1, {}),
    "mocha-12.0.3/green-name": (1, 0, 0, 0, {}),
    "mocha-12.0.3/green-npm": (2, 0, 0, 1, {}),
    "mocha-12.0.3/green-tap": (2, 0, 0, 1, {}),
    "mocha-12.0.3/green": (2, 0, 0, 1, {}),
    "mocha-12.0.3/missing-module": (0, 0, 1, 0, {"test/slug.js": "MissingModule"}),
    "mocha-12.0.3/missing": (1, 1, 0, 1, {"::slug > joins words": "MissingName"}),
    "mocha-12.0.3/stub": (1, 1, 0, 1, {"::slug > joins words": "NotImplementedError"}),
    "mocha-12.0.3/syntax": (0, 0, 1, 0, {"test/slug.js": "SyntaxError"}),
    "node-20.20.2/assertion-dot": None,
    "node-20.20.2/assertion-junit": (1, 1, 0, 1, {"::joins words": "AssertionError"}),
    "node-20.20.2/assertion-spec": (
        1,
        1,
        0,
        1,
        {"slug.test.js::slug > joins words": "AssertionError"},
    ),
    "node-20.20.2/assertion-tap": (
        1,
        1,
        0,
        1,
        {"slug.test.js::slug > joins words": "AssertionError"},
    ),
    "node-20.20.2/baseline-tap": (1, 0, 0, 0, {}),
    "node-20.20.2/esm-missing-module-tap": (0, 0, 1, 0, {"slug.test.mjs": "MissingModule"}),
    "node-20.20.2/esm-missing-spec": (0, 0, 1, 0, {"slug.test.mjs": "MissingName"}),
    "node-20.20.2/esm-missing-tap": (0, 0, 1, 0, {"slug.test.mjs": "MissingName"}),
    "node-20.20.2/green-junit": (2, 0, 0, 1, {}),
    "node-20.20.2/green-npm": (2, 0, 0, 1, {}),
    "node-20.20.2/green-one-file": (1, 0, 0, 1, {}),
    "node-20.20.2/green-pattern": (1, 0, 0, 2, {}),
    "node-20.20.2/green-spec": (2, 0, 0, 1, {}),
    "node-20.20.2/green-tap": (2, 0, 0, 1, {}),
    "node-20.20.2/missing-module-spec": (1, 0, 1, 0, {"slug.test.js": "MissingModule"}),
    "node-20.20.2/missing-module-tap": (1, 0, 1, 0, {"slug.test.js": "MissingModule"}),
    "node-20.20.2/missing-npm": (1, 1, 0, 1, {"slug.test.js::slug > joins words": "MissingName"}),
    "node-20.20.2/missing-spec": (1, 1, 0, 1, {"slug.test.js::slug > joins words": "MissingName"}),
    "node-20.20.2/missing-tap": (1, 1, 0, 1, {"slug.test.js::slug > joins words": "MissingName"}),
    "node-20.20.2/script-assertion": None,
    "node-20.20.2/script-green": None,
    "node-20.20.2/script-missing": None,
    "node-20.20.2/stub-spec": (
        1,
        1,
        0,
        1,
        {"slug.test.js::slug > joins words": "NotImplementedError"},
    ),
    "node-20.20.2/stub-tap": (
        1,
        1,
        0,
        1,
        {"slug.test.js::slug > joins words": "NotImplementedError"},
    ),
    "node-20.20.2/syntax-spec": (1, 0, 1, 0, {"slug.test.js": "SyntaxError"}),
    "node-20.20.2/syntax-tap": (1, 0, 1, 0, {"slug.test.js": "SyntaxError"}),
    "script-3.11.2/assertion": None,
    "script-3.11.2/green-unittest": (1, 0, 0, 1, {}),
    "script-3.11.2/green": None,
    "script-3.11.2/import-error": None,
    "sh-unittest-3.11.2/assertion": (
        1,
        1,
        0,
        1,
        {"tests/test_slug.py::SlugTest::test_blanks": "AssertionError"},
    ),
    "sh-unittest-3.11.2/green": (2, 0, 0, 1, {}),
    "sh-unittest-3.11.2/import-error": (1, 0, 1, 0, {"tests/test_slug.py": "ImportError"}),
    "unittest-3.11.2/assertion-verbose": (
        1,
        1,
        0,
        1,
        {"tests/test_slug.py::SlugTest::test_blanks": "AssertionError"},
    ),
    "unittest-3.11.2/assertion": (
        1,
        1,
        0,
        1,
        {"tests/test_slug.py::SlugTest::test_blanks": "AssertionError"},
    ),
    "unittest-3.11.2/baseline": (1, 0, 0, 0, {}),
    "unittest-3.11.2/green-one": (1, 0, 0, 1, {}),
    "unittest-3.11.2/green-verbose": (2, 0, 0, 1, {}),
    "unittest-3.11.2/green": (2, 0, 0, 1, {}),
    "unittest-3.11.2/import-error-verbose": (1, 0, 1, 0, {"tests/test_slug.py": "ImportError"}),
    "unittest-3.11.2/import-error": (1, 0, 1, 0, {"tests/test_slug.py": "ImportError"}),
    "unittest-3.11.2/mixed-verbose": (
        2,
        3,
        1,
        2,
        {
            "tests/test_more.py::Broken": "OSError",
            "tests/test_more.py::More::test_setup_breaks": "KeyError",
            "tests/test_more.py::More::test_parts": "AssertionError",
            "tests/test_more.py::More::test_surprise": "UnexpectedSuccess",
        },
    ),
    "unittest-3.11.2/mixed": (
        2,
        3,
        1,
        2,
        {
            "tests/test_more.py::Broken": "OSError",
            "tests/test_more.py::More::test_setup_breaks": "KeyError",
            "tests/test_more.py::More::test_parts": "AssertionError",
            "tests/test_more.py::More::test_surprise": "UnexpectedSuccess",
        },
    ),
    "unittest-3.11.2/none": (0, 0, 0, 0, {}),
    "unittest-3.11.2/stub": (
        1,
        1,
        0,
        1,
        {"tests/test_slug.py::SlugTest::test_blanks": "NotImplementedError"},
    ),
    "vitest-3.2.7/assertion-verbose": (
        1,
        1,
        0,
        1,
        {"tests/slug.test.js::slug > joins words": "AssertionError"},
    ),
    "vitest-3.2.7/assertion": (
        1,
        1,
        0,
        1,
        {"tests/slug.test.js::slug > joins words": "AssertionError"},
    ),
    "vitest-3.2.7/baseline": (1, 0, 0, 0, {}),
    "vitest-3.2.7/green-name": (1, 0, 0, 2, {}),
    "vitest-3.2.7/green-verbose": (2, 0, 0, 1, {}),
    "vitest-3.2.7/green": (2, 0, 0, 1, {}),
    "vitest-3.2.7/missing-module": (1, 0, 1, 0, {"tests/slug.test.js": "MissingModule"}),
    "vitest-3.2.7/missing": (1, 1, 0, 1, {"tests/slug.test.js::slug > joins words": "MissingName"}),
    "vitest-3.2.7/stub": (
        1,
        1,
        0,
        1,
        {"tests/slug.test.js::slug > joins words": "NotImplementedError"},
    ),
    "vitest-3.2.7/syntax": (1, 0, 1, 0, {"tests/slug.test.js": "SyntaxError"}),
}


def printed(name: str) -> str:
    """What a command printed, with the command's own line left out."""
    return (RUNNERS / f"{name}.txt").read_text(encoding="utf-8").partition("\n")[2].rstrip("\n")


def failures(run: PrintedRun) -> dict[str, str | None]:
    return {
        node.id.removeprefix("/workspace/"): node.exception
        for node in run.nodes
        if node.outcome == "failed"
    }


@try_cases("name", EXPECTED)
def test_what_a_runner_printed_is_read(name: str) -> None:
    runs, expected = read_printed(printed(name)), EXPECTED[name]
    if expected is None:
        assert runs == ()
        return
    (run,) = runs
    assert (run.passed, run.failed, run.errors, run.skipped, failures(run)) == expected


def test_every_stored_output_is_expected_to_be_something() -> None:
    assert {str(file.relative_to(RUNNERS))[:-4] for file in RUNNERS.rglob("*.txt")} == set(EXPECTED)


@try_cases("name", ["unittest-3.11.2/assertion", "node-20.20.2/green-tap", "jest-30.5.2/missing"])
def test_two_runs_in_one_output_are_two(name: str) -> None:
    once = printed(name)
    first, second = read_printed(f"{once}\n{once}\n")
    assert (first.passed, first.failed) == (second.passed, second.failed)
    assert {node.id for node in first.nodes} == {node.id for node in second.nodes}


def test_what_only_speaks_of_tests_is_no_run() -> None:
    for text in (
        "All 12 tests pass.",
        "ok",
        "5 passing grades",
        "Tests: see below",
        "FAIL",
        "ok 1",
    ):
        assert read_printed(text) == ()


def test_colours_change_nothing() -> None:
    text = printed("vitest-3.2.7/assertion").replace(
        "FAIL", "\x1b[41m\x1b[1m FAIL \x1b[22m\x1b[49m"
    )
    assert read_printed(text)[0].failed == 1


def test_an_xml_report_with_entities_is_not_read() -> None:
    bomb = '<!DOCTYPE x [<!ENTITY a "b">]><testsuites><testcase name="&a;"/></testsuites>'
    assert list(read_junit(bomb)) == []
    (run,) = read_junit(
        '<testsuite><testcase classname="tests.test_a.TestB" name="c"/></testsuite>'
    )
    assert run.nodes[0].id == "tests/test_a.py::TestB::c"
