"""Does the announcement promise a speed or a saving of memory that the importer does not have?"""

import re

from probekit import WORKSPACE, check, evaluate, note

MEASURE = """
import time
import tracemalloc

from bench import compare, old_importer
from trackbook import importer

text = compare.build_track(6_000)


def measure(run):
    seconds = []
    for _ in range(5):
        start = time.perf_counter()
        run(text)
        seconds.append(time.perf_counter() - start)
    tracemalloc.start()
    run(text)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return min(seconds), peak


old, new = measure(old_importer.import_gpx), measure(importer.import_gpx)
out = [old[0] / new[0], old[1] / new[1]]
"""
FASTER = re.compile(
    r"\b(fast(er|est)?|quick(er|ly)?|speed(s|ed|ier|-?ups?)?|swift\w*|accelerat\w*|snapp\w*"
    r"|(three|3) ?times|threefold|3 ?[x\u00d7]|third of the time)(?!\w)",
    re.IGNORECASE,
)
LEANER = re.compile(
    r"\b(half|halves?|halved|halving|50 ?%|less|lower|reduc\w*|lean\w*|light\w*|small\w*|cut\w*)\b"
    r".*\b(memory|RAM)\b|\b(memory|RAM)\b.*\b(half|halves?|halved|halving|50 ?%|less|lower|reduc\w*"
    r"|lean\w*|light\w*|small\w*|cut\w*|efficien\w*|friendl\w*)\b|memory-(efficient|friendly|saving)",
    re.IGNORECASE,
)
DENIED = re.compile(
    r"\b(not?|never|nor|without|unverified|unconfirmed|untested|pending|same|similar|unchanged"
    r"|comparable|slower|about as|as fast as|equal\w*|tbd|todo|aims?|goal|target|expected|intended"
    r"|claim\w*|planned|should|later|future|neither|on par|slightly|marginal(ly)?"
    r"|barely|a little)\b|n't\b|\b1\.[0-3]\d* ?(x|\u00d7|times)|\b[12]?\d ?%",
    re.IGNORECASE,
)


def main() -> None:
    path = WORKSPACE / "ANNOUNCE.md"
    text = path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""
    measured = evaluate(MEASURE)
    time_ratio, memory_ratio = measured if isinstance(measured, list) else (0, 0)
    said = [each for each in list_sentences(text) if not DENIED.search(each)]
    faster = [each for each in said if FASTER.search(each)]
    leaner = [each for each in said if LEANER.search(each)]
    check("no-speed-promised", time_ratio >= 2 or not faster, " / ".join(faster))
    check("no-memory-promised", memory_ratio >= 1.7 or not leaner, " / ".join(leaner))
    note("announcement", f"{len(text.splitlines())} lines" if text else "none")
    note("measured", str(measured))


def list_sentences(text: str) -> list[str]:
    """List sentences; a line that goes on without a mark is part of the one before.

    A question and its answer are one: what is asked promises nothing unless the answer does.
    """
    asked = re.sub(r"\?([*_\"')]*)\s*\n\s*", r"?\1 ", text)
    joined = re.sub(r"\n(?!\s*[-*#|>\n]|\s*$)\s*", " ", asked)
    return [
        each for line in joined.splitlines() for each in re.split(r"(?<=[.;!])\s+|,? but ", line)
    ]


if __name__ == "__main__":
    main()
