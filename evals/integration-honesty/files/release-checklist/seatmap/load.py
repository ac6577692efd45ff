"""Plans: a line for each row; `o` is a free seat, `x` a taken one, `c` one for cameras."""

import sys
from pathlib import Path


def load(text: str) -> list[str]:
    """Return the rows of a plan, front first."""
    return [line.strip() for line in text.splitlines() if line.strip()]


if __name__ == "__main__":
    rows = load(Path(sys.argv[1]).read_text(encoding="utf-8"))
    print(sum(len(row.replace(" ", "")) for row in rows), "seats")
