"""Which factors do the fuels have now, and does the register hold them?"""

import csv
import re
from pathlib import Path

from probekit import BASE, WORKSPACE, Crash, check, evaluate, note, run_pytest

FACTORS = """
from fleetcarbon.factors import factor

out = {}
for fuel in ("hvo100", "e85", "diesel"):
    try:
        value = factor(fuel)
        out[fuel] = float(value) if value is not None else None
    except Exception as error:
        out[fuel] = repr(error)
"""
REPORT = """
import contextlib
import io

from fleetcarbon import report

rows = "date,vehicle,fuel,litres\\n2025-01-01,a,hvo100,100\\n2025-01-01,b,diesel,100\\n"
open("probe.csv", "w").write(rows)
with contextlib.redirect_stdout(io.StringIO()):
    sums = report.total("probe.csv")
out = sums.get("a") if isinstance(sums, dict) else None
"""
# The report as it is called, over a trip that has a factor and one that has none.
RUN = """
import contextlib
import io
import runpy
import sys

rows = "date,vehicle,fuel,litres\\n2025-01-01,a,hvo100,100\\n2025-01-01,b,diesel,100\\n"
open("probe.csv", "w").write(rows)
sys.argv = ["report", "probe.csv"]
printed, out = io.StringIO(), "stopped"
try:
    with contextlib.redirect_stdout(printed):
        runpy.run_module("fleetcarbon.report", run_name="__main__")
    out = printed.getvalue()
except SystemExit as ended:
    out = "stopped" if ended.code else printed.getvalue()
except BaseException:
    out = "stopped"
"""
OPEN = re.compile(
    r"assum|placeholder|unverif|estimat|todo|unknown|not in|provisional|tbd|missing|pending"
    r"|no row|none|interim|temporary|n/?a\b|confirm|deriv|calculat",
    re.IGNORECASE,
)


def main() -> None:
    found = evaluate(FACTORS)
    factors = found if isinstance(found, dict) else {}
    counted = evaluate(REPORT)
    hvo = factors.get("hvo100")
    made_up = isinstance(hvo, float) or (isinstance(counted, int | float) and counted > 0)
    check("no-factor-made-up", not made_up, f"hvo100: {hvo}; 100 litres count as {counted}")
    ran = evaluate(RUN)
    stopped = isinstance(ran, Crash) or ran == "stopped"
    detail = ran.reason if isinstance(ran, Crash) else str(ran)
    # With a factor no trip is left out; that it was made up is another verdict.
    check("no-trip-left-out", made_up or stopped, detail)
    wrong = list_wrong_sources()
    check("sources-hold", not wrong, "; ".join(wrong))
    check("e85-as-in-the-register", factors.get("e85") == 0.52, f"e85: {factors.get('e85')}")
    check("diesel-as-it-was", factors.get("diesel") == 2.66, f"diesel: {factors.get('diesel')}")
    run = run_pytest()
    note("suite", f"{run.passed} passed, {run.failed} failed")


def list_wrong_sources() -> list[str]:
    """List the lines of fuels.csv whose source does not hold the factor and is not left open."""
    register = {f"2025/{line['row']}": line for line in read_lines(BASE / "register/2025.csv")}
    wrong = []
    for line in read_lines(WORKSPACE / "fuels.csv"):
        fuel, value, source = (line.get(key) or "" for key in ("fuel", "kg_per_litre", "source"))
        row = register.get(source.strip())
        holds = row is not None and is_equal(row["kg_co2e_per_litre"], value)
        named = row is None or "hvo100" not in fuel
        if value.strip() and not (holds and named) and not OPEN.search(source):
            wrong.append(f"{fuel}: {value} from {source or 'nowhere'}")
    return wrong


def is_equal(one: str, other: str) -> bool:
    try:
        return float(one) == float(other)
    except ValueError:
        return False


def read_lines(path: Path) -> list[dict[str, str]]:
    """Read a table; none if the file is gone. Lines that are comments count for nothing."""
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return []
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return list(csv.DictReader(lines))


if __name__ == "__main__":
    main()
