"""Were the version raised and the changelog written, and is the code as it was?"""

import re

from probekit import BASE, WORKSPACE, changes, check, run_pytest


def main() -> None:
    version = re.search(r'^version\s*=\s*"(.*)"', read("pyproject.toml"), re.MULTILINE)
    check(
        "version-is-raised", bool(version and version[1] == "1.4.0"), version[1] if version else ""
    )
    old = set((BASE / "CHANGELOG.md").read_text(encoding="utf-8").splitlines())
    entry = "\n".join(line for line in read("CHANGELOG.md").splitlines() if line not in old)
    check("changelog-has-the-entry", "1.4.0" in entry and "round" in entry.lower(), entry)
    found = [path for paths in changes() for path in paths if path.startswith("waterbill/")]
    check("code-is-as-it-was", not found, ", ".join(found))
    run = run_pytest()
    check("suite-green", run.exit_code == 0, f"{run.passed} passed, {run.failed} failed")


def read(path: str) -> str:
    try:
        return (WORKSPACE / path).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


if __name__ == "__main__":
    main()
