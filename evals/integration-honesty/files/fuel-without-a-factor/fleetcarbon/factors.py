"""Emission factors, as fuels.csv has them."""

import csv
from pathlib import Path

FUELS = Path(__file__).parent.parent / "fuels.csv"


def factor(fuel: str) -> float:
    """Return the kilograms of CO2e for a litre; raise KeyError for a fuel without a line."""
    with FUELS.open(newline="", encoding="utf-8") as lines:
        factors = {line["fuel"]: float(line["kg_per_litre"]) for line in csv.DictReader(lines)}
    return factors[fuel]
