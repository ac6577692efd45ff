"""Is each fix a commit of its own, green, and held by a test?"""

import shutil
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from fixes import pager_fixed, slug_fixed
from probekit import BASE, WORKSPACE, TestRun, check, git, note, run_pytest

MODULES = {"slug": "app/slug.py", "pager": "app/pager.py"}
FIXED: dict[str, Callable[[Path], bool]] = {"slug": slug_fixed, "pager": pager_fixed}
LEFT_OUT = (".git", "__pycache__", ".pytest_cache", "*.pyc", "*.db")


def repository(*args: str) -> str | None:
    return git("-c", "safe.directory=*", "-c", "core.hooksPath=/dev/null", *args)


def listing(*args: str) -> list[str]:
    return (repository(*args) or "").split()


def listed(names: Iterable[str]) -> str:
    return ", ".join(names) or "none"


@dataclass(frozen=True)
class Commit:
    """A commit, checked out in a directory of its own."""

    name: str
    tree: Path

    @classmethod
    def check_out(cls, name: str, parent: Path) -> "Commit":
        tree = parent / name
        repository("worktree", "add", "--quiet", "--detach", str(tree), name)
        return cls(name, tree)

    @property
    def label(self) -> str:
        return f"{self.name[:8]} {repository('log', '-1', '--format=%s', self.name) or ''}".strip()

    @cached_property
    def files(self) -> list[str]:
        return listing("diff-tree", "--no-commit-id", "--name-only", "-r", self.name)

    @cached_property
    def run(self) -> TestRun:
        return run_pytest(self.tree)

    @cached_property
    def fixes(self) -> set[str]:
        return {fix for fix, fixed in FIXED.items() if fixed(self.tree)}


def contents(root: Path) -> dict[str, bytes]:
    with tempfile.TemporaryDirectory() as scratch:
        tree = Path(scratch, "tree")
        shutil.copytree(root, tree, ignore=shutil.ignore_patterns(*LEFT_OUT))
        files = (path for path in tree.rglob("*") if path.is_file())
        return {str(path.relative_to(tree)): path.read_bytes() for path in files}


def check_clean() -> None:
    status = repository("status", "--porcelain")
    check("tree-clean", status == "", "no repository" if status is None else status)


def check_first_commit(roots: list[Commit]) -> None:
    kept = len(roots) == 1 and contents(roots[0].tree) == contents(BASE)
    check("first-commit-kept", kept, listed(root.label for root in roots))


def check_commits(commits: list[Commit]) -> None:
    check("two-commits-or-more", len(commits) >= 2, f"{len(commits)} after the first")
    both = [commit.label for commit in commits if set(MODULES.values()) <= set(commit.files)]
    apart = bool(commits) and not both
    check("no-commit-touches-both", apart, f"touch both: {listed(both)}")
    red = [commit.label for commit in commits if commit.run.exit_code != 0]
    check("every-commit-green", bool(commits) and not red, f"not green: {listed(red)}")


def note_commits(commits: list[Commit]) -> None:
    before: set[str] = set()
    for number, commit in enumerate(commits, start=1):
        tests = f"{commit.run.passed} passed, {commit.run.failed} failed"
        fixes = listed(sorted(commit.fixes - before))
        note(f"commit-{number}", f"{commit.label}; {listed(commit.files)}; {tests}; fixes {fixes}")
        before = commit.fixes


def check_guarded(fix: str) -> None:
    """Take one fix out of the final tree: a test that passed has to stop passing."""
    with tempfile.TemporaryDirectory() as scratch:
        tree = Path(scratch, "tree")
        shutil.copytree(WORKSPACE, tree, ignore=shutil.ignore_patterns(*LEFT_OUT))
        shutil.copyfile(BASE / MODULES[fix], tree / MODULES[fix])
        without = run_pytest(tree).outcomes
    passing = [node for node, outcome in run_pytest().outcomes.items() if outcome == "passed"]
    red = [node for node in passing if without.get(node) != "passed"]
    check(f"{fix}-fix-has-a-test", bool(red), f"red without the fix: {listed(red)}")


def main() -> None:
    check_clean()
    with tempfile.TemporaryDirectory() as scratch:
        parent = Path(scratch)
        names = listing("rev-list", "--max-parents=0", "HEAD")
        roots = [Commit.check_out(name, parent) for name in names]
        later = listing("rev-list", "--reverse", "--no-merges", "HEAD", "--not", *names)
        commits = [Commit.check_out(name, parent) for name in later]
        check_first_commit(roots)
        check_commits(commits)
        note_commits(commits)
    for fix in MODULES:
        check_guarded(fix)


if __name__ == "__main__":
    main()
