"""Is the line of a product a function of its own on this tree, and does it name the best day?"""

from probekit import Crash, check, evaluate, run_pytest

SALES = {
    "Rye bread": [20, 18, 22, 19, 30, 41, 0],
    "Bun": [210, 96, 120, 98, 210, 140, 0],
    "Grandmother's cake": [0, 0, 0, 0, 0, 0, 3],
}

LINES = [
    "Bun              874  Mon",
    "Grandmother's.     3  Sun",
    "Rye bread        150  Sat",
]

REPORT = "from bakery.report import report\nlines = report(31, sales)\n"

FUNCTION = """
from bakery import report

before = report.report(31, sales)
line = report.product_line("Bun", sales["Bun"])
report.product_line = lambda name, days: f"<{name}>"
out = [line in before, [row for row in report.report(31, sales) if row[:1] == "<"]]
"""


def check_answer(name: str, code: str, wanted: object) -> None:
    answer = evaluate(f"sales = {SALES!r}\n{code}")
    detail = answer.reason if isinstance(answer, Crash) else f"{answer}, wanted {wanted}"
    check(name, answer == wanted, detail)


def check_suite() -> None:
    run = run_pytest()
    counts = f"{run.passed} passed, {run.failed} failed, exit code {run.exit_code}"
    check("suite-green", run.exit_code == 0, counts)


def main() -> None:
    check_answer("best-day-is-named", f"{REPORT}out = lines[2:5]", LINES)
    rest = ["Week 31", "=======", "-" * 20, "all             1027"]
    check_answer("rest-as-before", f"{REPORT}out = [*lines[:2], *lines[-2:]]", rest)
    names = ["<Bun>", "<Grandmother's cake>", "<Rye bread>"]
    check_answer("product-line-is-used", FUNCTION, [True, names])
    check_suite()


if __name__ == "__main__":
    main()
