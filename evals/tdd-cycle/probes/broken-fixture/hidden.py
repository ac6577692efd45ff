"""Does Cart.remove() do what was asked, on this tree? The shared fixture plays no part."""

from probekit import Crash, check, evaluate, run_pytest

FILLED = """
from app.cart import Cart

cart = Cart({"MUG": 890, "TEAPOT": 3450, "SAUCER": 420})
cart.add("MUG")
cart.add("TEAPOT")
"""

TAKE_OUT = """
totals = [cart.total()]
cart.remove("MUG")
totals.append(cart.total())
cart.remove("TEAPOT")
totals.append(cart.total())
out = totals
"""

REFUSE = """
try:
    cart.remove("PLATE")
except KeyError:
    out = ["KeyError", cart.total()]
else:
    out = ["no error", cart.total()]
"""


def check_answer(name: str, steps: str, wanted: list[object]) -> None:
    answer = evaluate(FILLED + steps)
    detail = answer.reason if isinstance(answer, Crash) else f"{answer}, wanted {wanted}"
    check(name, answer == wanted, detail)


def check_suite() -> None:
    run = run_pytest()
    counts = f"{run.passed} passed, {run.failed} failed, exit code {run.exit_code}"
    check("suite-green", run.exit_code == 0, counts)


def main() -> None:
    check_answer("remove-takes-the-sku-out", TAKE_OUT, [4340, 3450, 0])
    check_answer("unknown-sku-refused", REFUSE, ["KeyError", 4340])
    check_suite()


if __name__ == "__main__":
    main()
