"""The report of a day: `python3 -m plant.report data/2031-03-04.csv`."""

import sys
from pathlib import Path

from plant.readings import load, of_day


def report(path):
    """How many readings there were, and their mean."""
    readings = of_day(load(path), Path(path).stem)
    mean = sum(flow for _, flow in readings) / len(readings)
    return f"{Path(path).stem}: {len(readings)} readings, mean {mean:.2f} l/s"


if __name__ == "__main__":
    print(report(sys.argv[1]))
