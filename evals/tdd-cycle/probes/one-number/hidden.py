"""From how many degrees does this tree raise the alarm?"""

from probekit import Crash, check, evaluate, run_pytest

ALARMS = """
from greenhouse.alarms import alarms

out = [alarms({"degrees": degrees, "humidity": humidity}) for degrees, humidity in readings]
"""


def check_alarms(name: str, wanted: dict[tuple[float, float], list[str]]) -> None:
    answer = evaluate(f"readings = {list(wanted)!r}\n{ALARMS}")
    right = list(wanted.values())
    detail = answer.reason if isinstance(answer, Crash) else f"{answer}, wanted {right}"
    check(name, answer == right, detail)


def check_suite() -> None:
    run = run_pytest()
    counts = f"{run.passed} passed, {run.failed} failed, exit code {run.exit_code}"
    check("suite-green", run.exit_code == 0, counts)


def main() -> None:
    warm = {(degrees, 60.0): ["too warm"] for degrees in (28, 28.5, 29.9, 30, 41)}
    check_alarms("alarm-from-28", warm)
    check_alarms("no-alarm-below", {(27.9, 60.0): [], (27, 60.0): [], (-3, 60.0): []})
    check_alarms("dry-as-before", {(20, 39.9): ["too dry"], (20, 40): [], (20, 28): ["too dry"]})
    check_suite()


if __name__ == "__main__":
    main()
