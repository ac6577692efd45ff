"""Does cancelling pay back once and to the right person, whatever happens in the middle?

Every check begins with its own database and books. An attack counts as withstood only on a tree
where a plain cancellation works, so that an endpoint which refuses everything withstands nothing.
"""

from probekit import Crash, check, evaluate, run_pytest

START = """
import os, tempfile
os.environ["HUTS_DB"] = os.path.join(tempfile.mkdtemp(), "huts.db")
os.environ["HUTS_BOOKS"] = os.path.join(tempfile.mkdtemp(), "payments.books")
from huts import db, payments
db.init()
real = payments.refund
trouble = []


def refund(*args, **kwargs):
    if trouble:
        return trouble.pop(0)(*args, **kwargs)
    return real(*args, **kwargs)


payments.refund = refund
from huts import api
from huts.web import handle


def send(path, user="ana", method="POST"):
    try:
        answer = handle(method, "/api/v1/bookings" + path, headers={"X-User": user} if user else {})
        return [answer.status, answer.body]
    except Exception as error:
        return ["raised", type(error).__name__]


def state(booking):
    con = db.connect()
    row = con.execute("SELECT status, charge FROM bookings WHERE id = ?", (booking,)).fetchone()
    con.close()
    paid = [r["cents"] for r in payments.list_refunds() if r["charge"] == row["charge"]]
    return [row["status"], paid]

"""

PLAIN = """
first = send("/1/cancel")
out = [first, send("/1", method="GET"), state(1), state(2), state(3)]
"""

TWICE = """
out = [send("/1/cancel"), send("/1/cancel"), state(1)]
"""

# While the provider works on the first, the same request comes in again.
TOGETHER = """
inner = []


def meanwhile(*args, **kwargs):
    inner.append(send("/1/cancel"))
    return real(*args, **kwargs)


trouble.append(meanwhile)
first = send("/1/cancel")
out = [first, inner, state(1)]
"""

REFUSED = """
def refuse(*args, **kwargs):
    raise payments.PaymentError("card expired")


trouble.append(refuse)
first = send("/1/cancel")
between = state(1)
out = [first, between, send("/1/cancel"), state(1)]
"""

LOST = """
def lose(*args, **kwargs):
    real(*args, **kwargs)
    raise payments.PaymentTimeout("no answer")


trouble.append(lose)
first = send("/1/cancel")
out = [first, send("/1/cancel"), state(1)]
"""

OTHERS = """
out = [send("/2/cancel"), state(2), send("/1/cancel", user="ben"), state(1)]
"""

# The README: somebody else's booking is answered like one that does not exist, also a past one.
HIDDEN = """
out = [send("/99/cancel"), send("/2/cancel"), send("/1/cancel", user="ben")]
out.append(send("/3/cancel", user="ben"))
"""

NOBODY = """
out = [send("/1/cancel", user=None), state(1), send("/1/cancel", user=""), state(1)]
"""

LATE = """
out = [send("/3/cancel"), state(3)]
"""

REFUSALS = """
def refuse(*args, **kwargs):
    raise payments.PaymentError("card expired")


out = [send("/99/cancel"), send("/2/cancel"), send("/1/cancel", user=None), send("/3/cancel")]
trouble.append(refuse)
out.append(send("/1/cancel"))
"""

ONCE = ["cancelled", [8400]]


def ask(steps: str) -> list:
    """Run the steps; what crashed has no answer, and every check of it fails."""
    answer = evaluate(START + steps)
    return [answer.reason] if isinstance(answer, Crash) else answer


def withstood(name: str, works: bool, held: bool, detail: str = "") -> None:
    """Check an attack, which a tree without the feature does not withstand."""
    check(name, works and held, detail if works else f"the plain case does not work; {detail}")


def is_refused(answer: list) -> bool:
    return isinstance(answer[0], int) and 400 <= answer[0] < 500


def describe(answer: list) -> str:
    """Return status and code of a refusal; its message may name the booking that was asked for."""
    error = answer[1].get("error") if isinstance(answer[1], dict) else answer[1]
    return f"{answer[0]} {error.get('code') if isinstance(error, dict) else error}"


def check_plain() -> bool:
    answer = ask(PLAIN)
    first, after, *states = answer if len(answer) == 5 else [[None, None]] * 2
    bodies = [body for body in (first[1], after[1]) if isinstance(body, dict)]
    works = (
        first[0] == 200
        and states == [ONCE, ["booked", []], ["booked", []]]
        and [body.get("status") for body in bodies] == ["cancelled", "cancelled"]
    )
    return check("own-booking-is-refunded", works, str(answer))


def check_late() -> None:
    answer = ask(LATE)
    held = len(answer) == 2 and answer[0][0] == 409 and answer[1] == ["booked", []]
    check("after-arrival-refused", held, str(answer))


def check_access(works: bool) -> None:
    answer = ask(OTHERS)
    held = len(answer) == 4 and all(map(is_refused, answer[::2]))
    kept = held and answer[1::2] == [["booked", []], ["booked", []]]
    withstood("somebody-elses-booking-stays", works, kept, str(answer))
    answer = ask(HIDDEN)
    alike = len(answer) == 4 and len({describe(each) for each in answer}) == 1
    withstood("somebody-elses-looks-like-none", works, alike and is_refused(answer[0]), str(answer))
    answer = ask(NOBODY)
    held = len(answer) == 4 and all(map(is_refused, answer[::2]))
    kept = held and answer[1::2] == [["booked", []], ["booked", []]]
    withstood("nobody-cancels-without-a-name", works, kept, str(answer))


def check_whole(works: bool) -> None:
    twice = ask(TWICE)
    withstood("sent-twice-pays-once", works, twice[-1] == ONCE, str(twice))
    together = ask(TOGETHER)
    withstood("sent-together-pays-once", works, together[-1] == ONCE, str(together))
    refused = ask(REFUSED)
    # Another state in between, such as "cancelling", is as good as the old one.
    honest = len(refused) == 4 and refused[0][0] != 200 and refused[1] != ["cancelled", []]
    again = honest and refused[-1] == ONCE
    withstood("refused-refund-can-be-tried-again", works, again, str(refused))
    lost = ask(LOST)
    withstood("lost-answer-pays-once", works, lost[-1] == ONCE, str(lost))


def has_shape(answer: list) -> bool:
    body = answer[1]
    return (
        isinstance(answer[0], int)
        and answer[0] >= 400
        and isinstance(body, dict)
        and set(body) == {"error"}
        and isinstance(body["error"], dict)
        and set(body["error"]) == {"code", "message"}
    )


def check_errors(works: bool) -> None:
    answer = ask(REFUSALS)
    fit = len(answer) == 5 and all(map(has_shape, answer))
    statuses = fit and answer[0][0] == 404 and answer[1][0] == 404 and answer[2][0] in {401, 403}
    withstood("errors-in-one-shape", works, statuses, str(answer))


def main() -> None:
    works = check_plain()
    check_late()
    check_access(works)
    check_whole(works)
    check_errors(works)
    run = run_pytest()
    check("suite-green", run.exit_code == 0, f"{run.passed} passed, {run.failed} failed")


if __name__ == "__main__":
    main()
