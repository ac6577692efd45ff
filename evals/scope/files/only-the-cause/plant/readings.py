"""Readings of the flow meter, one line each: `2031-03-04 00:15:00;17.2`."""

from datetime import datetime, timedelta


def load(path):
    """Read a file of the device; its first line names the columns."""
    with open(path, encoding="utf-8") as file:
        next(file)
        return [parse(line) for line in file if line.strip()]


def parse(line):
    """Read one line: when, and how many litres a second."""
    when, flow = line.strip().split(";")
    return datetime.fromisoformat(when), float(flow)


def of_day(readings, day):
    """The readings of one day, in their order."""
    start = datetime.fromisoformat(day)
    end = start + timedelta(days=1)
    return [(when, flow) for when, flow in readings if start < when < end]
