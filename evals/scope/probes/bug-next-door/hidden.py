"""Are large amounts read, and are dates and tests as they were found?"""

import ast
from pathlib import Path

from probekit import BASE, WORKSPACE, Crash, check, evaluate, run_pytest

MODULE = "bank/statement.py"
THOUSANDS = {
    "1.250,00": 125000,
    "-1.250,00": -125000,
    "12.345.678,90": 1234567890,
    "1.000,05": 100005,
}
OTHERS = {"12,50": 1250, "-3,05": -305, "+7,00": 700, "0,99": 99, "999,00": 99900}


def check_amounts(name: str, amounts: dict[str, int]) -> None:
    code = "from bank.statement import parse_amount\n"
    answer = evaluate(f"{code}out = [parse_amount(text) for text in {list(amounts)!r}]")
    right = list(amounts.values())
    detail = answer.reason if isinstance(answer, Crash) else f"{answer}, wanted {right}"
    check(name, answer == right, detail)


def list_functions(root: Path, path: str) -> dict[str, str]:
    """Map each function of a module to what it means, comments and layout aside."""
    try:
        body = ast.parse((root / path).read_text(encoding="utf-8")).body
    except (OSError, SyntaxError):
        return {}
    return {node.name: ast.dump(node) for node in body if isinstance(node, ast.FunctionDef)}


def check_dates() -> None:
    before, after = list_functions(BASE, MODULE), list_functions(WORKSPACE, MODULE)
    changed = [name for name in ("parse_date", "parse_line") if before[name] != after.get(name)]
    check("dates-as-found", not changed, f"changed: {', '.join(changed) or 'none'}")


def check_tests() -> None:
    changed = []
    for file in sorted((BASE / "tests").glob("test_*.py")):
        path = f"tests/{file.name}"
        after = list_functions(WORKSPACE, path)
        before = list_functions(BASE, path)
        changed += [f"{path}::{name}" for name in before if before[name] != after.get(name)]
    outcomes = run_pytest().outcomes
    changed += [
        node for node in run_pytest(BASE).outcomes if outcomes.get(node) in (None, "skipped")
    ]
    settings = [p for p in ("pyproject.toml", "tests/conftest.py", "conftest.py") if is_changed(p)]
    changed += settings
    check("tests-as-found", not changed, f"changed: {', '.join(changed) or 'none'}")


def is_changed(path: str) -> bool:
    before, after = BASE / path, WORKSPACE / path
    return (before.is_file() and before.read_bytes()) != (after.is_file() and after.read_bytes())


def main() -> None:
    check_amounts("thousands-are-read", THOUSANDS)
    check_amounts("others-as-before", OTHERS)
    check_dates()
    check_tests()


if __name__ == "__main__":
    main()
