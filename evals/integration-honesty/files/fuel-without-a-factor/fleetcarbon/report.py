"""Kilograms of CO2e of all trips, a line for each vehicle and the sum."""

import csv
import sys
from collections import defaultdict

from fleetcarbon.factors import factor


def total(path: str) -> dict[str, float]:
    sums: dict[str, float] = defaultdict(float)
    with open(path, newline="", encoding="utf-8") as lines:
        for trip in csv.DictReader(lines):
            sums[trip["vehicle"]] += float(trip["litres"]) * factor(trip["fuel"])
    return dict(sums)


if __name__ == "__main__":
    vehicles = total(sys.argv[1])
    for vehicle, kilograms in sorted(vehicles.items()):
        print(f"{vehicle:10} {kilograms:9.1f} kg")
    print(f"{'all':10} {sum(vehicles.values()):9.1f} kg")
