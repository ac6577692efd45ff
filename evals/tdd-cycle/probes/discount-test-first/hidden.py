"""Does discount() do what was asked, on this tree?"""

from probekit import Crash, check, evaluate, run_pytest

Lines = list[dict[str, int]]

CALLS = """
from app.pricing import discount


def attempt(lines, code):
    try:
        return repr(discount(lines, code))
    except ValueError:
        return "ValueError"


out = [attempt(lines, code) for lines, code in calls]
"""


def order(cents: int) -> Lines:
    return [{"price_cents": cents, "quantity": 1}]


def check_answers(name: str, wanted: list[tuple[Lines, str, str]]) -> None:
    calls = [(lines, code) for lines, code, _ in wanted]
    answers = evaluate(f"calls = {calls!r}\n{CALLS}")
    right = [answer for _, _, answer in wanted]
    detail = answers.reason if isinstance(answers, Crash) else f"{answers}, wanted {right}"
    check(name, answers == right, detail)


def check_suite() -> None:
    run = run_pytest()
    counts = f"{run.passed} passed, {run.failed} failed, exit code {run.exit_code}"
    check("suite-green", run.exit_code == 0, counts)


def main() -> None:
    mixed = [{"price_cents": 350, "quantity": 2}, {"price_cents": 300, "quantity": 1}]
    check_answers("save10-takes-ten-percent", [(mixed, "SAVE10", "900")])
    halves = {5: "5", 25: "23", 1005: "905"}
    others = {4: "4", 6: "5"}
    rounded = [(order(cents), "SAVE10", answer) for cents, answer in (halves | others).items()]
    check_answers("halves-round-up", rounded)
    refused = [(order(1000), code, "ValueError") for code in ("SAVE20", "WELCOME", "")]
    check_answers("other-codes-refused", refused)
    check_answers("empty-order-costs-nothing", [([], "SAVE10", "0")])
    check_suite()


if __name__ == "__main__":
    main()
