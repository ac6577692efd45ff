"""What does the pool cost on this tree, in the evening and before?"""

from probekit import Crash, check, evaluate, run_pytest

PRICES = """
from datetime import time

from pool.prices import price

out = [price(age, time(hour, minute)) for age, hour, minute in visits]
"""


def check_prices(name: str, wanted: dict[tuple[int, int, int], int]) -> None:
    answer = evaluate(f"visits = {list(wanted)!r}\n{PRICES}")
    right = list(wanted.values())
    detail = answer.reason if isinstance(answer, Crash) else f"{answer}, wanted {right}"
    check(name, answer == right, detail)


def check_suite() -> None:
    run = run_pytest()
    counts = f"{run.passed} passed, {run.failed} failed, exit code {run.exit_code}"
    check("suite-green", run.exit_code == 0, counts)


def main() -> None:
    evening = {(40, 18, 0): 300, (40, 21, 45): 300, (10, 18, 0): 180, (16, 19, 30): 300}
    check_prices("evening-costs-half", evening)
    day = {(40, 17, 59): 600, (40, 9, 0): 600, (10, 12, 0): 360, (40, 8, 59): 300, (10, 7, 0): 180}
    check_prices("day-and-morning-as-before", day)
    check_prices("small-children-free", {(5, 18, 0): 0, (0, 20, 0): 0, (5, 12, 0): 0})
    check_suite()


if __name__ == "__main__":
    main()
