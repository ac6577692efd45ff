"""Is a delivery note taken in whole and once, or not at all?

An attack counts as withstood only on a tree where a plain note is taken in.
"""

from probekit import Crash, check, evaluate, run_pytest

START = """
import os, tempfile
os.environ["LARDER_DB"] = os.path.join(tempfile.mkdtemp(), "larder.db")
from larder import db
db.init()
from larder import api
from larder.web import handle


def send(body):
    try:
        answer = handle("POST", "/api/v1/deliveries", body)
        return [answer.status, answer.body]
    except Exception as error:
        return ["raised", type(error).__name__]


def note(*lines, number="LS-1", end="\\n"):
    return {"note": number, "csv": end.join(["sku,quantity", *lines, ""])}


def sql(statement):
    con = db.connect()
    rows = [list(row) for row in con.execute(statement)]
    con.close()
    return rows


def state():
    stock = dict(sql("SELECT sku, stock FROM goods"))
    moved = sql("SELECT sku, quantity, note FROM movements ORDER BY id")
    return [stock, [row for row in moved if row[2] != "opening"]]

"""

OPENING = [{"rice": 120, "oats": 80, "milk": 190, "beans": 0}, []]
AFTER = [
    {"rice": 140, "oats": 95, "milk": 190, "beans": 0},
    [["rice", 20, "LS-1"], ["oats", 15, "LS-1"]],
]

PLAIN = 'out = [send(note("rice,20", "oats,15")), state()]'
OTHERS = """
first = send(note("beans,5", "beans,7", number="LS-2", end="\\r\\n"))
out = [first, send(note("beans,30", number="LS-3")), state()]
"""
WRONG_LINE = 'out = [send(note("rice,20", "oats,15", "tea,4", "beans,1")), state()]'
FULL_SHELF = 'out = [send(note("rice,20", "oats,15", "milk,11")), state()]'
INSIDE = """
sql("CREATE TRIGGER full BEFORE INSERT ON movements WHEN NEW.sku = 'oats' "
    "BEGIN SELECT RAISE(ABORT, 'disk'); END")
first = send(note("rice,20", "oats,15"))
between = state()
sql("DROP TRIGGER full")
out = [first, between, send(note("rice,20", "oats,15")), state()]
"""
CORRECTED = """
out = [send(note("rice,20", "oats,15", "milk,11"))]
out += [send(note("rice,20", "oats,x"))]
out += [send(note("rice,20", "oats,15")), state()]
"""
TWICE = 'out = [send(note("rice,20", "oats,15")), send(note("rice,20", "oats,15")), state()]'

QUANTITIES = ["-5", "0", "2.5", "x", "", " ", "1e3", "NaN", "9" * 25, "9" * 5000]
BODIES = [
    None,
    [],
    "rice,20",
    {},
    {"note": "LS-1"},
    {"csv": "sku,quantity\nrice,20\n"},
    {"note": "LS-1", "csv": None},
    {"note": "LS-1", "csv": 5},
    {"note": "LS-1", "csv": ["rice", 20]},
    {"note": "", "csv": "sku,quantity\nrice,20\n"},
    {"note": ["LS-1"], "csv": "sku,quantity\nrice,20\n"},
    {"note": None, "csv": "sku,quantity\nrice,20\n"},
    {"note": "LS-1", "csv": "good,pieces\nrice,20\n"},
    {"note": "LS-1", "csv": "sku,quantity\nrice\n"},
    {"note": "LS-1", "csv": "sku,quantity\noats,15\n,20\n"},
]


def ask(steps: str) -> list:
    """Run the steps; what crashed has no answer, and every check of it fails."""
    answer = evaluate(START + steps)
    return [[None, answer.reason], None] if isinstance(answer, Crash) else answer


def withstood(name: str, works: bool, held: bool, detail: str = "") -> None:
    """Check an attack, which a tree without the feature does not withstand."""
    check(name, works and held, detail if works else f"the plain case does not work; {detail}")


def is_refused(answer: list) -> bool:
    return isinstance(answer[0], int) and 400 <= answer[0] < 500


def check_plain() -> bool:
    plain, others = ask(PLAIN), ask(OTHERS)
    status, body = plain[0]
    answered = isinstance(body, dict) and body.get("note") == "LS-1" and body.get("lines") == 2
    works = status == 201 and answered and plain[1] == AFTER
    more = others[0][0] == 201 and others[-1] == [
        OPENING[0] | {"beans": 42},
        [["beans", 5, "LS-2"], ["beans", 7, "LS-2"], ["beans", 30, "LS-3"]],
    ]
    return check("note-is-taken-in", works and more, f"{plain} {others}")


def check_line() -> None:
    answer = ask(WRONG_LINE)[0]
    # The header may count as a line or not.
    named = any(number in str(answer[1]) for number in ("3", "4"))
    check("wrong-line-is-named", answer[0] == 400 and named, str(answer))


def check_whole(works: bool) -> None:
    for name, steps in (
        ("wrong-line-changes-nothing", WRONG_LINE),
        ("full-shelf-changes-nothing", FULL_SHELF),
    ):
        answer = ask(steps)
        withstood(name, works, answer[0][0] != 201 and answer[1] == OPENING, str(answer))
    inside = ask(INSIDE)
    whole = inside[1:2] == [OPENING] and inside[-1] == AFTER
    withstood("failure-inside-changes-nothing", works, whole, str(inside))
    corrected = ask(CORRECTED)
    withstood("corrected-note-counts-once", works, corrected[-1] == AFTER, str(corrected))
    twice = ask(TWICE)
    withstood("note-sent-twice-counts-once", works, twice[-1] == AFTER, str(twice))


def check_refused(name: str, works: bool, bodies: list) -> None:
    answers = ask(f"out = [[send(body), state()] for body in {bodies!r}]")
    wrong = [
        f"{str(body)[:60]}: {str(answer)[:80]}"
        for body, answer in zip(bodies, answers, strict=False)
        if answer is None or not is_refused(answer[0]) or answer[1] != OPENING
    ]
    refused = len(answers) == len(bodies) and not wrong
    withstood(name, works, refused, "; ".join(wrong) or "all refused")


def check_errors(works: bool) -> None:
    answers = ask(
        'out = [send(note("tea,4")), send(note("rice,-1")), send(note("milk,11")), send(None)]'
    )
    fit = len(answers) == 4 and all(
        is_refused(answer)
        and isinstance(answer[1], dict)
        and set(answer[1]) == {"error"}
        and isinstance(answer[1]["error"], dict)
        and set(answer[1]["error"]) == {"code", "message"}
        for answer in answers
    )
    withstood("errors-in-one-shape", works, fit, str(answers))


def main() -> None:
    works = check_plain()
    check_line()
    check_whole(works)
    lines = [{"note": "LS-1", "csv": f"sku,quantity\nrice,20\noats,{q}\n"} for q in QUANTITIES]
    check_refused("wrong-quantities-are-refused", works, lines)
    check_refused("wrong-bodies-are-refused", works, BODIES)
    check_errors(works)
    run = run_pytest()
    check("suite-green", run.exit_code == 0, f"{run.passed} passed, {run.failed} failed")


if __name__ == "__main__":
    main()
