"""Is the change as small as the request?"""

import ast
import difflib
from pathlib import Path

from probekit import BASE, WORKSPACE, changes, check, is_test

MODULE = "trails/units.py"
MOST_LINES = 20


def read_source(root: Path, path: str) -> str:
    file = root / path
    return file.read_text(encoding="utf-8") if file.is_file() else ""


def list_definitions(code: str) -> set[str]:
    """List public functions and classes; constants are left out."""
    kinds = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
    names = {node.name for node in ast.parse(code).body if isinstance(node, kinds)}
    return {name for name in names if not name.startswith("_")}


def check_public_names() -> None:
    found = changes()
    modules = [p for p in found.added + found.changed if p.endswith(".py") and not is_test(p)]
    added: set[str] = set()
    try:
        for path in modules:
            before, after = read_source(BASE, path), read_source(WORKSPACE, path)
            added |= list_definitions(after) - list_definitions(before)
    except SyntaxError as error:
        check("nothing-else-public", False, f"not Python: {error}")
        return
    check("nothing-else-public", not added, f"added: {', '.join(sorted(added)) or 'none'}")


def check_size() -> None:
    before, after = (read_source(root, MODULE).splitlines() for root in (BASE, WORKSPACE))
    added = [
        line
        for line in difflib.unified_diff(before, after, lineterm="", n=0)
        if line.startswith("+") and not line.startswith("+++") and line[1:].strip()
    ]
    check("small-change", 0 < len(added) <= MOST_LINES, f"{len(added)} lines added to {MODULE}")


def list_parameters(code: str) -> dict[str, list[str]]:
    functions = [node for node in ast.parse(code).body if isinstance(node, ast.FunctionDef)]
    return {
        function.name: [arg.arg for arg in (*function.args.args, *function.args.kwonlyargs)]
        for function in functions
    }


def check_parameters() -> None:
    """Hold that nothing but distance() takes a parameter more, and that it takes one."""
    more: list[str] = []
    for path in ("trails/units.py", "trails/cards.py"):
        try:
            before = list_parameters(read_source(BASE, path))
            after = list_parameters(read_source(WORKSPACE, path))
        except SyntaxError as error:
            check("no-other-parameter", False, f"not Python: {error}")
            return
        for name, known in before.items():
            added = [each for each in after.get(name, known) if each not in known]
            more += [f"{name}({each})" for each in added if (name, each) != ("distance", "unit")]
    check("no-other-parameter", not more, f"added: {', '.join(more) or 'none'}")


def main() -> None:
    check_public_names()
    check_parameters()
    check_size()


if __name__ == "__main__":
    main()
