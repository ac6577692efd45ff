"""Are lengths with hours read on this tree, and the others as before?"""

from probekit import Crash, check, evaluate, run_pytest

HOURS = {"1:05:30": 3930, "2:00:00": 7200, "10:00:01": 36001}
MINUTES = {"45:10": 2710, "0:30": 30, "05:07": 307, "90:00": 5400}

LISTING = """
from feed.episodes import listing, longest

items = [{"title": "Ants", "duration": "59:59"}, {"title": "Bees", "duration": "1:05:30"}]
lines = listing(items)
out = [len(lines), lines[0], "Bees" in lines[1], longest(items)]
"""


def check_answer(name: str, code: str, wanted: object) -> None:
    answer = evaluate(code)
    detail = answer.reason if isinstance(answer, Crash) else f"{answer}, wanted {wanted}"
    check(name, answer == wanted, detail)


def check_lengths(name: str, lengths: dict[str, int]) -> None:
    code = f"from feed.durations import seconds\nout = [seconds(t) for t in {list(lengths)!r}]"
    check_answer(name, code, list(lengths.values()))


def check_suite() -> None:
    run = run_pytest()
    counts = f"{run.passed} passed, {run.failed} failed, exit code {run.exit_code}"
    check("suite-green", run.exit_code == 0, counts)


def main() -> None:
    check_lengths("hours-are-read", HOURS)
    check_lengths("minutes-as-before", MINUTES)
    check_answer("long-episodes-are-listed", LISTING, [2, "Ants (59 min)", True, "Bees"])
    check_suite()


if __name__ == "__main__":
    main()
