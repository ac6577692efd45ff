"""Quantities in a text: a number as people and programs write it, and its unit.

`0,8` and `0.8` are one number; `1,234`, `1 234`, `1.234` and `1_234` may be one as well. What can
be read in two ways has two readings. `1m2.5s`, `1 min 2 s` and `00:01:02` are one quantity of time.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

Family = Literal["time", "size", "share", "rate", ""]

_TIME = {"ns": 1e-9, "us": 1e-6, "ms": 1e-3, "s": 1.0, "min": 60.0, "h": 3600.0}
_SHORT = {"mil": "ms", "mse": "ms", "mic": "us", "use": "us", "nan": "ns", "min": "min"}
_POWERS = "bkmgt"
"""First letter of a unit of size, at the power of 1000 or 1024 that it means."""

_GROUP = r"[,_'\u2019 ]"
_NUMBER = (
    rf"(?:\d{{1,3}}(?:{_GROUP}\d{{3}})++(?!\d)(?:[.,]\d+)?|\d{{1,3}}(?:\.\d{{3}})++(?!\d)(?:,\d+)?"
    r"|\d+(?:[.,]\d+)?)(?:[eE][+-]?\d{1,3}(?!\d))?"
)
_RATE = (
    r"(?:[kM]\s?)?(?:req(?:uest)?s?|ops|calls|queries|transactions|messages|rows|items)\s?"
    r"(?:/|per )\s?s(?:ec(?:ond)?)?|rps|qps|tps"
)
_UNIT = (
    r"milliseconds?|microseconds?|nanoseconds?|msec|usec|ms|[µμu]s|ns|seconds?|secs?|minutes?|mins?"
    rf"|hours?|hrs?|h|%|percent|{_RATE}|[KMGTkmgt]i?B(?:ytes)?(?:/s)?|bytes|B"
)
_DIGIT = re.compile(r"\d")
_QUANTITY = re.compile(
    rf"(?<![\w.,])(?:(?P<low>{_NUMBER})\s?(?:\u2013|-|to|and)\s?)?(?P<high>{_NUMBER})"
    rf"(?:\s?(?P<unit>{_UNIT})(?!\w)|\s?(?P<s>s)\b|(?P<k>[kM])\b)?"
)
_CLOCK = re.compile(
    r"(?<![\w.,:])(?:(?P<h>\d{1,3})\s?(?:h|hours?|hrs?)\s?(?:and )?)?"
    r"(?P<min>\d{1,4})\s?(?:m|min|minutes?)\s?(?:and )?"
    r"(?P<s>\d{1,2}(?:[.,]\d+)?)\s?(?:s|sec|seconds?)\b"
    r"|(?<![\w.,:/-])(?P<hh>\d{1,2}):(?P<mm>\d{2}):(?P<ss>\d{2}(?:[.,]\d+)?)(?![\w:-])"
    r"|(?<![\w.,:/-])(?P<m>\d{1,3}):(?P<sf>\d{2}[.,]\d+)(?![\w:-])"
)
_MAYBE_CLOCK = re.compile(r"\d:\d|\d\s?(?:m|min|minutes?)\s?(?:and )?\d")
_NAMED_UNIT = re.compile(
    r"[_ (\[](?P<unit>ms|[uµμ]s|ns|s|secs?|seconds|min|minutes|h|hours|pct|percent|bytes|[kmg]i?b)"
    r"[)\]]?[\"']?\s*[:=|]\s*$",
    re.IGNORECASE,
)
"""In front of a number without a unit: `p95_ms: 41.7`, `latency (ms) | 12`."""
_LONGEST_NAME = 30


@dataclass(frozen=True)
class Reading:
    """What a number may be, in the base unit of its family: seconds, bytes, parts of 100."""

    value: float
    half: float
    """Half of the last digit that is written: rounding goes so far."""


@dataclass(frozen=True)
class Quantity:
    """A number in a text, with the unit that follows it."""

    word: str
    unit: str
    family: Family
    readings: tuple[Reading, ...]
    numbers: tuple[float, ...]
    """As they are written, whatever the unit."""
    scale: float
    """How much of the base unit its unit is."""
    start: int
    end: int


def find_quantities(text: str, *, printed: bool = False) -> Iterator[Quantity]:
    """Find the quantities of a text, in order.

    printed: a program wrote it. Most programs group by commas and write decimals with a point, so
    `1,234` is 1234 there and `1.234` less than two; and a name before a number may hold its unit.
    """
    if not _DIGIT.search(text):
        return
    at = 0
    for clock in _CLOCK.finditer(text) if _MAYBE_CLOCK.search(text) else ():
        yield from _find_plain(text, at, clock.start(), printed)
        yield _read_clock(clock)
        at = clock.end()
    yield from _find_plain(text, at, len(text), printed)


def read_number(word: str, *, printed: bool = False) -> list[Reading]:
    """Read a number as people write it: every value that it may be."""
    mantissa, _, exponent = word.replace("E", "e").partition("e")
    return [
        Reading(
            float(f"{form}e{exponent or 0}"),
            float(f"0.5e{int(exponent or 0) - len(form.partition('.')[2])}"),
        )
        for form in _list_forms(mantissa, printed)
    ]


def _list_forms(mantissa: str, printed: bool) -> list[str]:
    """List what a number without an exponent may be, with a point for decimals and no groups."""
    if re.fullmatch(r"\d{1,3}(?:[_'\u2019 ]\d{3})+,\d+", mantissa):
        return [re.sub(r"[_'\u2019 ]", "", mantissa).replace(",", ".")]
    if re.fullmatch(rf"\d{{1,3}}(?:{_GROUP}\d{{3}})+(?:\.\d+)?", mantissa):
        forms = [re.sub(_GROUP, "", mantissa)]
        if " " in mantissa:
            # Two numbers beside each other look like one that is grouped: `run 1 206 ms`.
            forms.append(mantissa.rpartition(" ")[2])
        elif mantissa.count(",") == 1 and "." not in mantissa:
            decimal = mantissa.replace(",", ".")
            forms = [decimal] if mantissa[0] == "0" else [*forms, *([] if printed else [decimal])]
        return forms
    if re.fullmatch(r"\d{1,3}(?:\.\d{3})+(?:,\d+)?", mantissa):
        grouped = mantissa.replace(".", "").replace(",", ".")
        if mantissa.count(".") > 1 or "," in mantissa:
            return [grouped]
        return [mantissa] if printed or mantissa[0] == "0" else [mantissa, grouped]
    return [mantissa.replace(",", ".")]


def _find_plain(text: str, start: int, end: int, printed: bool) -> Iterator[Quantity]:
    for match in _QUANTITY.finditer(text, start, end):
        unit = match["unit"] or (match["s"] if match["s"] and _may_be_seconds(match) else "") or ""
        if printed and not unit and not match["k"]:
            named = _NAMED_UNIT.search(
                text, max(match.start() - _LONGEST_NAME, start), match.start()
            )
            unit = named["unit"] if named else ""
        family, scales = _read_unit(unit)
        if match["k"]:
            scales = (1e3,) if match["k"] == "k" else (1e6,)
        for word in (match["low"], match["high"]):
            if word:
                forms = read_number(word, printed=printed)
                yield Quantity(
                    word=word,
                    unit=unit,
                    family=family,
                    readings=tuple(
                        Reading(form.value * scale, form.half * scale)
                        for form in forms
                        for scale in scales
                    ),
                    numbers=tuple(form.value for form in forms),
                    scale=scales[0],
                    start=match.start(),
                    end=match.end(),
                )


def _may_be_seconds(match: re.Match[str]) -> bool:
    """Return whether an s is a unit: `5 s`, `0.5s` and `12s` are times, `500s` are many things."""
    word = match["high"]
    return match.string[match.start("s") - 1].isspace() or not word.isdigit() or len(word) < 3


def _read_unit(unit: str) -> tuple[Family, tuple[float, ...]]:
    """Read a unit: its family, and how much of the base unit it may be."""
    low = unit.lower().replace("μ", "u").replace("µ", "u")
    if not unit:
        return "", (1.0,)
    if low in ("%", "percent", "pct"):
        return "share", (1.0,)
    if re.fullmatch(_RATE, unit):
        thousands = re.match(r"[kM](?=\s?(?:r|o|c|q|t|m|i))", unit)
        return "rate", (1e3 if thousands and unit[0] == "k" else 1e6 if thousands else 1.0,)
    if "b" in low:
        power = _POWERS.index(low[0])
        binary, decimal = 1024.0**power, 1000.0**power
        return "size", (binary,) if low[1:2] == "i" else tuple(dict.fromkeys((decimal, binary)))
    return "time", (_TIME[_SHORT.get(low[:3], low[:1] if low[:1] in "hs" else low)],)


def _read_clock(match: re.Match[str]) -> Quantity:
    hours = match["h"] or match["hh"] or "0"
    minutes = match["min"] or match["mm"] or match["m"]
    seconds = (match["s"] or match["ss"] or match["sf"]).replace(",", ".")
    value = int(hours) * 3600 + int(minutes) * 60 + float(seconds)
    half = 0.5 * 10.0 ** -len(seconds.partition(".")[2])
    return Quantity(match[0], "s", "time", (Reading(value, half),), (value,), 1.0, *match.span())
