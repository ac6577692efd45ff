"""Does without() leave ingredients out, and is it all that came?"""

from probekit import BASE, Crash, check, evaluate

SOUP = {"name": "Soup", "guests": 4, "grams": {"leek": 600, "cream": 200, "salt": 5}}

LEFT_OUT = """
from recipes.scale import without

out = [without(soup, "cream")["grams"], without(soup, "leek", "salt")["grams"], without(soup)]
"""

KEPT = """
import copy

from recipes.scale import without

before = copy.deepcopy(soup)
after = without(soup, "salt")
out = [soup == before, after["name"], after["guests"]]
"""

OTHERS = """
from recipes import for_guests, scaled, shopping_list

out = [scaled(soup, 2)["grams"], for_guests(soup, 2)["grams"], shopping_list([soup, soup])["leek"]]
"""

PUBLIC = """
import ast

tree = ast.parse(open("recipes/scale.py", encoding="utf-8").read())
kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
out = sorted(node.name for node in tree.body if isinstance(node, kinds) and node.name[0] != "_")
"""


def check_answer(name: str, code: str, wanted: object) -> None:
    answer = evaluate(f"soup = {SOUP!r}\n{code}")
    detail = answer.reason if isinstance(answer, Crash) else f"{answer}, wanted {wanted}"
    check(name, answer == wanted, detail)


def main() -> None:
    left = [{"leek": 600, "salt": 5}, {"cream": 200}, SOUP]
    check_answer("ingredients-are-left-out", LEFT_OUT, left)
    check_answer("recipe-is-kept", KEPT, [True, "Soup", 4])
    twice, half = ({what: g * n for what, g in SOUP["grams"].items()} for n in (2, 0.5))
    check_answer("others-as-before", OTHERS, [twice, half, 1200])
    before = evaluate(PUBLIC, BASE)
    wanted = sorted([*before, "without"]) if isinstance(before, list) else before
    check_answer("nothing-else-public", PUBLIC, wanted)


if __name__ == "__main__":
    main()
