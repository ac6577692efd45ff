"""What is a test, by each language's habits, and what is production code."""

from __future__ import annotations

from promptverdict.graders.reading.file_kinds import (
    is_document,
    is_production,
    is_source,
    is_test_file,
)
from promptverdict.guest.probekit import is_test

from tests.cases import try_cases

TESTS = """
tests/test_a.py app/test_a.py app/a_test.py conftest.py app/conftest.py test/a.py
src/slug.test.js src/slug.spec.ts src/a.test.tsx lib/a-test.mjs lib/a_test.cjs test.js test-a.js
__tests__/slug.js src/__tests__/util/a.ts src/__mocks__/a.js __snapshots__/a.test.js.snap e2e/a.ts
slug_test.go pkg/a/b_test.go pkg/testdata/a.json tests/api.rs benches/speed.rs
src/test/java/shop/A.java src/CartTest.java src/CartTests.kt src/CartIT.java ShopTests/CartTests.cs
spec/cart_spec.rb test/test_cart.rb cart_test.rb tests/CartTest.php test/cart_test.exs
test_cart.c cart_unittest.cc tests.sh run_tests.sh scripts/test api.bats docs/conf.py
"""
PRODUCTION = """
app/slug.py src/slug.js src/index.tsx lib/contest.py src/latest.js slug.go cmd/main.go src/lib.rs
src/main/java/shop/Cart.java src/Latest.java app/cart.rb app/models/spec.rb src/testing.ts
app/protest.py attest.go schema.sql web/index.html app/special/a.py src/Manifest.java
"""
NEITHER = """
README.md package.json tsconfig.json pyproject.toml go.mod go.sum Cargo.toml Cargo.lock setup.py
jest.config.js vite.config.ts noxfile.py Makefile Dockerfile .eslintrc .github/workflows/ci.yml
node_modules/a/index.js target/debug/deps/a.rs coverage/lcov-report/prettify.js htmlcov/a.js
coverage.xml shop.egg-info/a.py app.db debug.log requirements.txt .venv/lib/a.py
"""


@try_cases("path", TESTS.split())
def test_a_test_is_what_its_runner_takes_for_one(path: str) -> None:
    assert is_test_file(path)
    assert not is_production(path, ())
    assert not is_production(path, ("*",))


@try_cases("path", PRODUCTION.split())
def test_production_code_is_what_is_left(path: str) -> None:
    assert not is_test_file(path)
    assert is_production(path, ())
    assert is_source(path)


@try_cases("path", NEITHER.split())
def test_configuration_and_what_tools_make_is_neither(path: str) -> None:
    assert not is_production(path, ())


@try_cases("path", [*TESTS.split(), *PRODUCTION.split(), *NEITHER.split()])
def test_what_probes_call_a_test_is_one_here(path: str) -> None:
    assert is_test_file(path) or not is_test(path)


def test_globs_say_what_production_is() -> None:
    assert is_production("README.md", ("*.md",))
    assert not is_production("src/a.py", ("app/*",))


@try_cases("path", ["README.md", "notes.txt", "app.db", "coverage/lcov.info"])
def test_documents_are_nothing_that_tests_depend_on(path: str) -> None:
    assert is_document(path)
    assert not is_document("requirements.txt")
