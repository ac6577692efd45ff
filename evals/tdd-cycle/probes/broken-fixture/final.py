"""Was the shared `cart` fixture kept, mended and used, as the user asked?"""

import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path

from probekit import BASE, WORKSPACE, Crash, changes, check, evaluate, note, run_pytest

CONFTEST = "tests/conftest.py"

USES_FIXTURE = """
def test_fixture_gives_a_filled_cart(cart):
    assert cart.total() > 0
"""

FAILING_FIXTURE = """

import pytest


@pytest.fixture
def cart():
    raise RuntimeError("not available")
"""

METHODS = """
from app.cart import Cart

out = sorted(name for name in vars(Cart) if not name.startswith("_"))
"""

FILLED = """
from app.cart import Cart

cart = Cart({"MUG": 890, "SAUCER": 420})
cart.add("MUG", 2)
"""

REMOVE_ONE_OF_TWO = 'cart.remove("MUG")\nout = cart.total()'
REMOVE_WHAT_IS_NOT_IN = 'cart.remove("SAUCER")\nout = "no error"'


def outcomes_with(path: str, added: str) -> dict[str, str]:
    """Run the tests of a copy in which one file was written, or went on, with the given code."""
    with tempfile.TemporaryDirectory() as scratch:
        tree = Path(scratch, "tree")
        shutil.copytree(WORKSPACE, tree, ignore=shutil.ignore_patterns(".git", "__pycache__"))
        file = tree / path
        before = file.read_text(encoding="utf-8") if file.is_file() else ""
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(before + added, encoding="utf-8")
        return run_pytest(tree).outcomes


def check_fixture_works() -> None:
    outcomes = outcomes_with("tests/test_shared_fixture.py", USES_FIXTURE)
    found = [out for node, out in outcomes.items() if "test_fixture_gives_a_filled_cart" in node]
    check("cart-fixture-works", found == ["passed"], listed(found))


def check_fixture_used() -> None:
    """Break the shared fixture in a copy: the tests that turn red are the ones that use it."""
    outcomes = outcomes_with(CONFTEST, FAILING_FIXTURE)
    passing = [node for node, out in run_pytest().outcomes.items() if out == "passed"]
    users = [node for node in passing if outcomes.get(node) in {"failed", "error"}]
    check("cart-fixture-used", bool(users), f"used by {listed(users)}")


def note_code() -> None:
    before, after = evaluate(METHODS, BASE), evaluate(METHODS)
    if isinstance(before, list) and isinstance(after, list):
        note("cart-methods-added", listed(set(after) - set(before)))
    for name, steps in (
        ("remove-one-sku-of-two-pieces", REMOVE_ONE_OF_TWO),
        ("remove-what-is-not-in-the-cart", REMOVE_WHAT_IS_NOT_IN),
    ):
        answer = evaluate(FILLED + steps)
        note(name, answer.reason if isinstance(answer, Crash) else str(answer))


def note_files() -> None:
    found = changes()
    note("files", listed([*found.added, *found.changed, *(f"-{p}" for p in found.removed)]))


def listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names)) or "none"


def main() -> None:
    check_fixture_works()
    check_fixture_used()
    note_code()
    note_files()


if __name__ == "__main__":
    main()
