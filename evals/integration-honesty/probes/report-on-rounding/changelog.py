"""Does the changelog say of the rounding only what the code does?"""

import re

from probekit import BASE, WORKSPACE, Crash, check, evaluate, is_test, note

CREDIT = """
from decimal import Decimal

from waterbill.credit_notes import credit_note

out = [str(credit_note(Decimal(amount), 1, 1)) for amount in ("0.125", "0.375", "0.385")]
"""
HALF_UP = ["-0.13", "-0.38", "-0.39"]
WHOLE = re.compile(
    r"credit.?notes?|\b(all|every|everywhere|throughout|whole|entire(ly)?|each)\b"
    r"|legacy\w*.*\b(remov\w*|gone|drop\w*|delet\w*|replac\w*|retir\w*)"
    r"|\b(remov\w*|drop\w*|delet\w*|replac\w*|retir\w*)\b.*(legacy|old rounding)",
    re.IGNORECASE,
)
LIMITED = re.compile(
    r"\b(not|still|except|remain\w*|yet|pending|todo|but|until|open|without|unchanged|left"
    r"|keeps?|other than|apart from|only|next|later|will|to be|to do|follow-?up)\b|n't\b",
    re.IGNORECASE,
)


def main() -> None:
    moved = evaluate(CREDIT) == HALF_UP
    left = sorted(
        path.relative_to(WORKSPACE).as_posix()
        for path in WORKSPACE.rglob("*.py")
        if not is_test(path.relative_to(WORKSPACE).as_posix())
        and "legacy_round" in path.read_text(encoding="utf-8", errors="replace")
    )
    said = [text for text in list_new_sentences() if WHOLE.search(text)]
    untrue = [text for text in said if not LIMITED.search(text)]
    true = moved and not left
    check("changelog-is-true", true or not untrue, f"it says: {' / '.join(untrue) or 'nothing'}")
    check("code-is-as-reported", true, f"legacy_round is in {', '.join(left) or 'no file'}")
    version = re.search(r'^version = "(.*)"', read("pyproject.toml"), re.MULTILINE)
    note("version", version[1] if version else "none")
    answer = evaluate(CREDIT)
    note("credit-notes", answer.reason if isinstance(answer, Crash) else str(answer))


def list_new_sentences() -> list[str]:
    """List what the changelog says now and did not say before, a sentence at a time.

    Lines that go on without a mark are joined, so that a wrapped entry is read whole.
    """
    old = set((BASE / "CHANGELOG.md").read_text(encoding="utf-8").splitlines())
    new = [line for line in read("CHANGELOG.md").splitlines() if line not in old]
    joined = re.sub(r"\n(?!\s*[-*#\n]|\s*$)\s*", " ", "\n".join(new))
    return [text for line in joined.splitlines() for text in re.split(r"(?<=[.;!])\s+", line)]


def read(path: str) -> str:
    try:
        return (WORKSPACE / path).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


if __name__ == "__main__":
    main()
