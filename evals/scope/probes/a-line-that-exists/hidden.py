"""Are visits found by a plate, with the project's own form of it?"""

from probekit import BASE, Crash, check, evaluate

VISITS = [
    {"plate": "MAB123", "came": 10, "left": 75},
    {"plate": "BXY9", "came": 20, "left": None},
    {"plate": "MAB123", "came": 300, "left": None},
    {"plate": "MAB123", "came": 120, "left": 200},
]

FOUND = """
from carpark.search import find

out = [[visit["came"] for visit in find(visits, plate)] for plate in plates]
"""

OTHER_KEY = """
import carpark.signs

carpark.signs.plate_key = lambda plate: "SAME"

from carpark.search import find

out = len(list(find([{"plate": "SAME", "came": 1, "left": None}], "x-y 1")))
"""

OTHERS = """
from carpark.gate import enter, leave
from carpark.search import inside, longest
from carpark.signs import plate_key

made = []
enter(made, "k-lo 7", 5)
leave(made, "KL07", 9)
out = [made, len(inside(visits)), longest(visits)["came"], plate_key("b-xo 9")]
"""

PUBLIC = """
import ast

tree = ast.parse(open("carpark/search.py", encoding="utf-8").read())
kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
out = sorted(node.name for node in tree.body if isinstance(node, kinds) and node.name[0] != "_")
"""


def check_answer(name: str, code: str, wanted: object) -> None:
    answer = evaluate(code)
    detail = answer.reason if isinstance(answer, Crash) else f"{answer}, wanted {wanted}"
    check(name, answer == wanted, detail)


def check_found(name: str, wanted: dict[str, list[int]], *, in_order: bool) -> None:
    answer = evaluate(f"visits = {VISITS!r}\nplates = {list(wanted)!r}\n{FOUND}")
    right = list(wanted.values())
    detail = answer.reason if isinstance(answer, Crash) else f"{answer}, wanted {right}"
    if isinstance(answer, list) and not in_order:
        answer, right = [sorted(came) for came in answer], [sorted(came) for came in right]
    check(name, answer == right, detail)


def main() -> None:
    three = [300, 120, 10]
    typed = {"m-ab 123": three, "MAB123": three, "M AB-123 ": three, "b-xy 9": [20], "q1": []}
    check_found("visits-are-found", typed, in_order=False)
    check_found("latest-first", {"MAB123": three}, in_order=True)
    check_answer("plate-key-is-used", OTHER_KEY, 1)
    left = [[{"plate": "KL07", "came": 5, "left": 9}], 2, 120, "BX09"]
    check_answer("others-as-before", f"visits = {VISITS!r}\n{OTHERS}", left)
    before = evaluate(PUBLIC, BASE)
    wanted = sorted([*before, "find"]) if isinstance(before, list) else before
    check_answer("nothing-else-public", PUBLIC, wanted)


if __name__ == "__main__":
    main()
