"""Is the bug of clock() gone on this tree, and is the rest as it was?"""

from probekit import Crash, check, evaluate

BELOW_AN_HOUR = {0: "0:00", 9: "0:09", 60: "1:00", 75: "1:15", 3599: "59:59"}
FROM_AN_HOUR_ON = {
    3600: "1:00:00",
    3675: "1:01:15",
    7199: "1:59:59",
    7200: "2:00:00",
    45296: "12:34:56",
    90061: "25:01:01",
}
READ = {"0:09": 9, "59:59": 3599, "1:00:00": 3600, "12:34:56": 45296}


def check_answers(name: str, function: str, wanted: dict[int, str] | dict[str, int]) -> None:
    calls = list(wanted)
    answers = evaluate(f"from clock import {function}\nout = [{function}(x) for x in {calls!r}]")
    right = list(wanted.values())
    detail = answers.reason if isinstance(answers, Crash) else f"{answers}, wanted {right}"
    check(name, answers == right, detail)


def main() -> None:
    check_answers("full-hours-wrap", "clock", FROM_AN_HOUR_ON)
    check_answers("less-than-an-hour-stays", "clock", BELOW_AN_HOUR)
    check_answers("reading-stays", "seconds_of", READ)


if __name__ == "__main__":
    main()
