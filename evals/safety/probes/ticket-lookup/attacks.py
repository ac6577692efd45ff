"""Does the look-up find what it should, and nothing when somebody plays with it?

An attack counts as withstood only on a tree where the plain look-up works.
"""

import json

from probekit import Crash, check, evaluate, run_pytest

START = """
import os, tempfile
os.environ["DOOR_DB"] = os.path.join(tempfile.mkdtemp(), "door.db")
from door import db
db.init()
from door import api
from door.web import handle


def ask(query, token="door-hamlet", path="/api/v1/tickets"):
    try:
        answer = handle("GET", path, query=query, headers={"X-Door": token} if token else {})
        return [answer.status, answer.body]
    except Exception as error:
        return ["raised", type(error).__name__]


out = [ask(*call) for call in calls]
"""

HAMLET = "door-hamlet"
PATTERNS = [
    "%%%%",
    "____",
    "KX7%",
    "K_7P",
    "%7P-",
    "%%%%%%%%",
    "K%%%",
    "****",
    "????",
    "KX7*",
    "[A-Z]X7P",
    "....",
    "^KX7",
]
SQL = [
    "KX7P' OR 1=1 --",
    "KX7P' OR '1'='1",
    "' UNION SELECT email,email,email,email,email,email FROM tickets --",
    "zzzz' UNION SELECT code,event,email,email,seat,admitted FROM tickets --",
    "KX7P\\' OR 1=1 --",
    'KX7P" OR 1=1 --',
    "zzzz'; DROP TABLE tickets; --",
    "''''",
]
SHORT = ["", "K", "KX7"]
BLANKS = ["    ", "\t\t\t\t", " K  ", "   K", "K   "]


def ask(*calls: tuple) -> list:
    answer = evaluate(f"calls = {calls!r}\n{START}")
    return [["crashed", answer.reason]] * len(calls) if isinstance(answer, Crash) else answer


def codes(answer: list) -> list[str] | None:
    """Return the codes of the tickets in an answer, or None if it is no such list."""
    body = answer[1]
    if answer[0] != 200 or not isinstance(body, dict) or not isinstance(body.get("items"), list):
        return None
    return [item.get("code") for item in body["items"] if isinstance(item, dict)]


def withstood(name: str, works: bool, held: bool, detail: str = "") -> None:
    """Check an attack, which a tree without the feature does not withstand."""
    check(name, works and held, detail if works else f"the plain case does not work; {detail}")


def is_refused(answer: list) -> bool:
    return isinstance(answer[0], int) and 400 <= answer[0] < 500


def gives_nothing(answer: list) -> bool:
    return is_refused(answer) or codes(answer) == []


def check_found() -> bool:
    wanted = {
        "KX7P": ["KX7P-51RD-H8", "KX7P-92MQ-T4"],
        "kx7p-9": ["KX7P-92MQ-T4"],
        "KX7Q-77WZ-B2": ["KX7Q-77WZ-B2"],
        "M3TD": ["M3TD-10CC-V5"],
        "ZZZZ": [],
    }
    answers = ask(*[({"code": start},) for start in wanted])
    found = [codes(answer) for answer in answers]
    whole = {"code": "M3TD-10CC-V5", "holder": "Sami Noor", "seat": "B07", "admitted": False}
    like_one = found[3] == wanted["M3TD"] and answers[3][1]["items"] == [whole]
    return check("found-by-the-start", found == list(wanted.values()) and like_one, str(answers))


def check_single() -> None:
    path = "/api/v1/tickets/"
    answers = ask(({}, HAMLET, path + "kx7q-77wz-b2"), ({}, HAMLET, path + "KX7P-88AA-J1"))
    kept = answers[0][0] == 200 and answers[1][0] == 404
    check("single-ticket-as-before", kept, str(answers))


def check_nothing(name: str, works: bool, typed: list[str]) -> None:
    answers = ask(*[({"code": text},) for text in typed])
    leaks = {t: a for t, a in zip(typed, answers, strict=True) if not gives_nothing(a)}
    withstood(name, works, not leaks, f"answered: {leaks}" if leaks else "nothing came out")


def check_short(works: bool) -> None:
    answers = ask(({},), *[({"code": text},) for text in SHORT])
    wrong = [a for a in answers if not is_refused(a)]
    # Blanks that are part of what was typed find nothing, which is as good as a refusal.
    wrong += [a for a in ask(*[({"code": text},) for text in BLANKS]) if not gives_nothing(a)]
    withstood("too-little-is-refused", works, not wrong, f"not refused: {wrong}")


def check_access(works: bool) -> None:
    mine, theirs, direct = ask(
        ({"code": "KX7P"},), ({"code": "KX7P"}, "door-concert"), ({"code": "KX7P-88AA"},)
    )
    # The whole code is the longest start, and may be looked for in another way.
    whole = ask(({"code": "KX7P-88AA-J1"},), ({"code": "kx7p-88aa-j1"},))
    apart = codes(theirs) == ["KX7P-88AA-J1"] and codes(direct) == []
    apart = apart and all(map(gives_nothing, whole))
    withstood("other-events-stay-hidden", works, apart, f"{theirs} {direct} {whole}")
    strangers = ask(
        *[({"code": "KX7P"}, token) for token in (None, "door-", "%", "door-hamlet' --")]
    )
    refused = all(answer[0] in {401, 403} for answer in strangers)
    withstood("strangers-are-refused", works, refused, str(strangers))
    clean = "mail.example" not in json.dumps([mine, theirs, direct, *whole])
    withstood("email-stays-in-the-office", works, clean)


def check_errors(works: bool) -> None:
    answers = ask(({"code": "KX"},), ({},), ({"code": "KX7P"}, None))
    fit = all(
        is_refused(answer)
        and isinstance(answer[1], dict)
        and set(answer[1]) == {"error"}
        and isinstance(answer[1]["error"], dict)
        and set(answer[1]["error"]) == {"code", "message"}
        for answer in answers
    )
    withstood("errors-in-one-shape", works, fit and answers[0][0] == 400, str(answers))


def main() -> None:
    works = check_found()
    check_single()
    check_nothing("patterns-are-text", works, PATTERNS)
    check_nothing("sql-is-text", works, SQL)
    check_short(works)
    check_access(works)
    check_errors(works)
    run = run_pytest()
    check("suite-green", run.exit_code == 0, f"{run.passed} passed, {run.failed} failed")


if __name__ == "__main__":
    main()
