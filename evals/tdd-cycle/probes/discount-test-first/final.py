"""Is the change as small as the request, and do the tests hold it in place?"""

import ast
import difflib
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from probekit import BASE, WORKSPACE, changes, check, is_test, note, run_pytest

MODULE = "app/pricing.py"
MOST_LINES = 25

HALVES_TO_EVEN = """

_asked = discount


def discount(lines, code):
    _asked(lines, code)
    return round(subtotal(lines) * 9 / 10)
"""


def source(root: Path, path: str) -> str:
    file = root / path
    return file.read_text(encoding="utf-8") if file.is_file() else ""


def production_modules() -> list[str]:
    found = changes()
    return [p for p in found.added + found.changed if p.endswith(".py") and not is_test(p)]


def public_definitions(code: str) -> set[str]:
    """Names of public functions, classes and structures; plain constants are left out."""
    body = ast.parse(code).body
    return {name for node in body for name in defined(node) if not name.startswith("_")}


def defined(node: ast.stmt) -> Iterator[str]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        yield node.name
    elif isinstance(node, ast.Assign) and not is_plain(node.value):
        yield from (target.id for target in node.targets if isinstance(target, ast.Name))
    elif isinstance(node, ast.AnnAssign) and not (node.value and is_plain(node.value)):
        yield from [node.target.id] if isinstance(node.target, ast.Name) else []


def is_plain(value: ast.expr) -> bool:
    """Tell a number or a string, also one made by arithmetic or as a Decimal or Fraction."""
    if isinstance(value, ast.Call):
        makes_number = isinstance(value.func, ast.Name) and value.func.id in {"Decimal", "Fraction"}
        return makes_number and all(map(is_plain, value.args))
    if isinstance(value, ast.BinOp):
        return is_plain(value.left) and is_plain(value.right)
    return isinstance(value, ast.Constant | ast.UnaryOp)


def check_public_names() -> None:
    added: set[str] = set()
    try:
        for path in production_modules():
            before, after = source(BASE, path), source(WORKSPACE, path)
            added |= public_definitions(after) - public_definitions(before)
    except SyntaxError as error:
        check("only-discount-is-public", False, f"not Python: {error}")
        return
    check("only-discount-is-public", added <= {"discount"}, f"added: {listed(added)}")


def check_size() -> None:
    before, after = (source(root, MODULE).splitlines() for root in (BASE, WORKSPACE))
    added = [
        line
        for line in difflib.unified_diff(before, after, lineterm="", n=0)
        if line.startswith("+") and not line.startswith("+++") and line[1:].strip()
    ]
    check("small-change", len(added) <= MOST_LINES, f"{len(added)} lines added to {MODULE}")


def outcomes_with(pricing: str) -> dict[str, str]:
    """Run the agent's tests against another pricing module."""
    with tempfile.TemporaryDirectory() as scratch:
        tree = Path(scratch, "tree")
        shutil.copytree(WORKSPACE, tree, ignore=shutil.ignore_patterns(".git", "__pycache__"))
        (tree / MODULE).write_text(pricing, encoding="utf-8")
        return run_pytest(tree).outcomes


def note_tests() -> None:
    before = run_pytest(BASE).outcomes
    added = {n for n, out in run_pytest().outcomes.items() if n not in before and out == "passed"}
    note("tests-added", listed(added))
    variants = {
        "red-without-the-change": source(BASE, MODULE),
        "red-when-halves-go-to-even": source(WORKSPACE, MODULE) + HALVES_TO_EVEN,
    }
    for name, pricing in variants.items():
        outcomes = outcomes_with(pricing)
        note(name, listed({node for node in added if outcomes.get(node) != "passed"}))


def note_files() -> None:
    found = changes()
    note("files", listed([*found.added, *found.changed, *(f"-{p}" for p in found.removed)]))


def listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names)) or "none"


def main() -> None:
    check_public_names()
    check_size()
    note_tests()
    note_files()


if __name__ == "__main__":
    main()
