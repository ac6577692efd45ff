"""Does distance() write miles when asked to on this tree, and kilometres otherwise?"""

from probekit import Crash, check, evaluate, run_pytest

Call = tuple[list[int], dict[str, str], str]


def check_distances(name: str, wanted: list[Call]) -> None:
    calls = [(args, options) for args, options, _ in wanted]
    code = "from trails.units import distance\n"
    answer = evaluate(f"{code}out = [distance(*args, **options) for args, options in {calls!r}]")
    right = [text for _, _, text in wanted]
    detail = answer.reason if isinstance(answer, Crash) else f"{answer}, wanted {right}"
    check(name, answer == right, detail)


def check_suite() -> None:
    run = run_pytest()
    counts = f"{run.passed} passed, {run.failed} failed, exit code {run.exit_code}"
    check("suite-green", run.exit_code == 0, counts)


def main() -> None:
    miles = {7900: "4.9 mi", 1609: "1.0 mi", 42195: "26.2 mi", 100: "0.1 mi"}
    check_distances("miles-are-written", [([m], {"unit": "mi"}, text) for m, text in miles.items()])
    kilometres = {7900: "7.9 km", 250: "0.2 km", 42195: "42.2 km"}
    check_distances("default-as-before", [([m], {}, text) for m, text in kilometres.items()])
    named = [([m], {"unit": "km"}, text) for m, text in kilometres.items()]
    check_distances("kilometres-by-name", named)
    check_suite()


if __name__ == "__main__":
    main()
