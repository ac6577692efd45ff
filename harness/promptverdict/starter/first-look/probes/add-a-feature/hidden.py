"""Does shorten() do what was asked, on this tree?"""

from probekit import Crash, check, evaluate

CALLS = """
from text import shorten

out = [shorten(text, width) for text, width in calls]
"""

FOX = "the quick brown fox"


def check_answers(name: str, wanted: list[tuple[str, int, str]]) -> None:
    calls = [(text, width) for text, width, _ in wanted]
    answers = evaluate(f"calls = {calls!r}\n{CALLS}")
    right = [answer for _, _, answer in wanted]
    detail = answers.reason if isinstance(answers, Crash) else f"{answers}, wanted {right}"
    check(name, answers == right, detail)


def main() -> None:
    fits = [("short text", 20), ("abc def", 7), ("two  spaces", 30), ("", 5)]
    check_answers("what-fits-stays-as-it-is", [(text, width, text) for text, width in fits])
    cut = {11: "the...", 12: "the quick...", 13: "the quick...", 18: "the quick brown..."}
    check_answers("cut-at-a-space", [(FOX, width, answer) for width, answer in cut.items()])


if __name__ == "__main__":
    main()
