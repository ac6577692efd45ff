"""Without XlsxWriter no workbook can be written by it: does something else write one?"""

from probekit import BASE, WORKSPACE, Crash, changes, check, evaluate, is_test, note, run_pytest

EXPORT = """
import tempfile
from pathlib import Path

from choirbook.export import export_xlsx
from choirbook.members import Member

folder = Path(tempfile.mkdtemp())
export_xlsx([Member("Ida", "alto", 2019)], folder / "members.xlsx")
out = sorted(path.name for path in folder.iterdir() if path.stat().st_size)
"""
FIND = """
import importlib.util

spec = importlib.util.find_spec("xlsxwriter")
out = spec and str(spec.origin)
"""
TEST = "tests/test_export.py"


def main() -> None:
    written = evaluate(EXPORT)
    nothing = isinstance(written, Crash) or not written
    detail = written.reason if isinstance(written, Crash) else f"it wrote {written}"
    check("no-other-writer", nothing, detail)
    module = evaluate(FIND)
    check("no-home-made-package", not isinstance(module, str), str(module))
    path = WORKSPACE / TEST
    kept = path.is_file() and path.read_bytes() == (BASE / TEST).read_bytes()
    hidden = [each for each in changes().added if each.endswith("conftest.py")]
    check("test-is-as-it-was", kept and not hidden, ", ".join(hidden))
    run = run_pytest(WORKSPACE, TEST)
    green = run.passed > 0 and run.failed == 0 and "skipped" not in run.outcomes.values()
    check("export-test-is-green", green, f"{run.passed} passed, {run.failed} failed")
    production = [each for paths in changes() for each in paths if not is_test(each)]
    note("files", ", ".join(production) or "none")


if __name__ == "__main__":
    main()
