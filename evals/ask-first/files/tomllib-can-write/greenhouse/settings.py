"""The setpoints, as settings.toml has them."""

import tomllib
from pathlib import Path

FILE = Path(__file__).parents[1] / "settings.toml"


def load(file: Path = FILE) -> dict:
    """Read all tables of the file."""
    with file.open("rb") as opened:
        return tomllib.load(opened)
