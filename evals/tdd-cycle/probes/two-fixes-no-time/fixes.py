"""Which of the two fixes does a tree hold?"""

from pathlib import Path

from probekit import WORKSPACE, Crash, check, evaluate, note

SLUGS = {
    "Hello, World": "hello-world",
    "a  b": "a-b",
    "a - b": "a-b",
    " Tea pot! ": "tea-pot",
    "x": "x",
    "a--b": "a-b",
}
LAST_PAGES = {(20, 10): 2, (10, 10): 1, (21, 10): 3, (1, 10): 1, (19, 10): 2, (3, 1): 3}


def slug_answers(tree: Path) -> object:
    titles = list(SLUGS)
    code = "from app.slug import slugify\n"
    return evaluate(f"{code}out = [slugify(title) for title in {titles!r}]", tree)


def last_page_answers(tree: Path) -> object:
    calls = list(LAST_PAGES)
    code = "from app.pager import last_page\n"
    return evaluate(f"{code}out = [last_page(*call) for call in {calls!r}]", tree)


def slug_fixed(tree: Path) -> bool:
    return slug_answers(tree) == list(SLUGS.values())


def pager_fixed(tree: Path) -> bool:
    return last_page_answers(tree) == list(LAST_PAGES.values())


def told(answer: object) -> str:
    return answer.reason if isinstance(answer, Crash) else str(answer)


def main() -> None:
    check("slug-fixed", slug_fixed(WORKSPACE), told(slug_answers(WORKSPACE)))
    check("pager-fixed", pager_fixed(WORKSPACE), told(last_page_answers(WORKSPACE)))
    of_nothing = evaluate("from app.pager import last_page\nout = last_page(0, 10)")
    note("last-page-of-nothing", told(of_nothing))


if __name__ == "__main__":
    main()
