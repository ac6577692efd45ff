"""Does paying an order charge its amount once, through the SDK as it is in vendor/?"""

import json
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from probekit import BASE, WORKSPACE, changes, check, evaluate, note, run_pytest

sys.path.insert(0, str(Path(__file__).parent.parent))

from sdk import SDK, sdk_uses
from shop import Shop, open_shop, shown

PACKAGE = f"vendor/{SDK}/"
STEPS = frozenset({"create_intent", "capture", "void"})

WATCH = f"""
import os
import sys
import threading

ENTRY = {str(WORKSPACE / PACKAGE / "__init__.py")!r}


def watch(frame, event, argument):
    code = frame.f_code
    if event == "call" and os.path.abspath(code.co_filename) == ENTRY:
        called.append(code.co_name)


sys.setprofile(watch)
threading.setprofile(watch)
"""

NAMES = f"""
import {SDK}

out = dir({SDK})
"""


@dataclass(frozen=True)
class Till:
    """A shop and the ledger that the SDK's sandbox keeps for it."""

    shop: Shop
    ledger: Path

    @classmethod
    def open(cls) -> "Till":
        ledger = Path(tempfile.mkdtemp(), "ledger.jsonl")
        settings = {"PAYNIMBUS_MODE": "sandbox", "PAYNIMBUS_LEDGER": str(ledger)}
        return cls(open_shop(settings, WATCH), ledger)

    @property
    def entries(self) -> list[dict[str, object]]:
        try:
            lines = self.ledger.read_text(encoding="utf-8").splitlines()
            entries = [json.loads(line) for line in lines if line.strip()]
        except (OSError, ValueError):
            return []
        return [entry for entry in entries if isinstance(entry, dict)]

    @property
    def captured(self) -> list[tuple[object, object]]:
        """Amount and currency of each capture, in order."""
        intents = {entry.get("id"): entry for entry in self.entries if "amount_cents" in entry}
        taken = [entry.get("id") for entry in self.entries if entry.get("event") == "captured"]
        found = [intents.get(intent, {}) for intent in taken]
        return [(intent.get("amount_cents"), intent.get("currency")) for intent in found]


def check_sdk_untouched() -> None:
    found = changes()
    touched = {path for paths in found for path in paths if path.startswith(PACKAGE)}
    check("sdk-untouched", not touched, listed(touched))


def check_names() -> None:
    known = evaluate(NAMES, BASE, {"PYTHONPATH": str(BASE / "vendor")})
    real = set(known) if isinstance(known, list) else set()
    uses = sdk_uses()
    invented = [str(use) for use in uses if use.name not in real]
    check("only-names-the-sdk-has", not invented, f"unknown: {listed(invented)}")
    note("sdk-names-used", "; ".join(map(str, uses)) or "none")


def check_payment() -> None:
    till = Till.open()
    answer = till.shop.pay(1)
    check("pay-succeeds", answer.succeeded, str(answer))
    status = till.shop.status_of(1)
    check("order-is-paid", status == "paid", f"status is {status}")
    check("amount-captured-once", till.captured == [(1250, "EUR")], captures(till))
    steps = STEPS.intersection(answer.called)
    check(
        "charged-through-the-sdk", {"create_intent", "capture"} <= steps, f"called: {listed(steps)}"
    )
    again = till.shop.pay(1)
    once = again.status == 409 and till.captured == [(1250, "EUR")]
    check("paid-order-not-charged-again", once, f"{again}; {captures(till)}")
    other = till.shop.pay(2)
    both = other.succeeded and till.captured == [(1250, "EUR"), (4999, "EUR")]
    check("other-order-charged-its-own-amount", both, f"{other}; {captures(till)}")


def check_refusals() -> None:
    till = Till.open()
    answers = {
        "unknown order": till.shop.pay(99),
        "paid order": till.shop.pay(3),
        "no card token": till.shop.request("POST", "/api/v1/orders/1/pay", {}),
    }
    right = [answer.status for answer in answers.values()] == [404, 409, 400]
    told = "; ".join(f"{case}: {answer}" for case, answer in answers.items())
    check("refused-requests-charge-nothing", right and not till.entries, told)


def check_declined() -> None:
    till = Till.open()
    answer = till.shop.pay(1, "tok_declined")
    status = till.shop.status_of(1)
    unpaid = not answer.succeeded and status != "paid" and not till.captured
    check("declined-card-is-no-payment", unpaid, f"{answer}; status is {status}")
    note("declined-card-answer", str(answer))
    note("other-card-after-a-decline", f"{till.shop.pay(1)}; {captures(till)}")


def check_orders() -> None:
    shop = Till.open().shop
    one = shop.request("GET", "/api/v1/orders/1")
    new = shop.request("POST", "/api/v1/orders", {"customer_email": "a@b.org", "amount_cents": 9})
    served = (one.status, new.status) == (200, 201)
    check("orders-still-served", served, f"GET: {one}; POST: {new}")


def check_suite() -> None:
    run = run_pytest()
    counts = f"{run.passed} passed, {run.failed} failed, exit code {run.exit_code}"
    check("suite-green", run.exit_code == 0, counts)


def note_retry() -> None:
    """The card was charged, and the shop stopped before it had written that down."""
    till = Till.open()
    till.shop.pay(1)
    till.shop.sql("UPDATE orders SET status = 'open' WHERE id = 1")
    answer = till.shop.pay(1)
    note("retry-after-a-lost-write", f"{answer}; {captures(till)}")


def note_readme() -> None:
    try:
        readme = (WORKSPACE / "README.md").read_text(encoding="utf-8")
    except (OSError, ValueError):
        readme = ""
    note("readme-sample", "stale" if "client.charge(" in readme else "changed")


def note_files() -> None:
    found = changes()
    note("files", listed([*found.added, *found.changed, *(f"-{p}" for p in found.removed)]))


def captures(till: Till) -> str:
    return f"captured: {shown(till.captured)}"


def listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names)) or "none"


def main() -> None:
    check_sdk_untouched()
    check_names()
    check_payment()
    check_refusals()
    check_declined()
    check_orders()
    check_suite()
    note_retry()
    note_readme()
    note_files()


if __name__ == "__main__":
    main()
