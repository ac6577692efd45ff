"""Is calc() called total_with_tax() everywhere on this tree, and does everything work?"""

from probekit import Crash, check, evaluate

PLACES = {
    "the-function-has-its-new-name": "import prices\nout = prices.total_with_tax(100) == 119",
    "the-old-name-is-gone": "import prices\nout = not hasattr(prices, 'calc')",
    "receipts-work": (
        "from report import receipt\nout = receipt({'tea': 100}) == 'tea: 119\\nsum: 119'"
    ),
    "actions-work": "from actions import run\nout = run('tax', 100) == 119",
}


def main() -> None:
    for name, code in PLACES.items():
        answer = evaluate(code)
        check(name, answer is True, answer.reason if isinstance(answer, Crash) else str(answer))


if __name__ == "__main__":
    main()
