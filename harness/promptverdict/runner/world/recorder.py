"""Live tools, with everything noted that a replay or a grader needs."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from pydantic import ValidationError

from promptverdict.core.errors import SandboxError
from promptverdict.core.paths import display_path
from promptverdict.core.threads import run_to_end
from promptverdict.recording.files import World
from promptverdict.recording.journal import Journal
from promptverdict.runner.cells import Trial
from promptverdict.runner.world.tools import LiveTools
from promptverdict.runner.world.workspace_tools import WorkspaceTools
from promptverdict.sandbox import (
    Reported,
    Sandbox,
    TrialFolders,
    make_trial_folders,
    remove_trial_folders,
)
from promptverdict.sandbox.workspace import Refused
from promptverdict.scenarios.scenario import GitSetup
from promptverdict.trials.transcript import Call, Result
from promptverdict.trials.tree import Change, TestReport, Tree, list_changes


class RecordingTools:
    """Carries out calls, and notes their results, what they changed and which tests they ran.

    make_folders: makes the folders of the trial, at the first call that needs them: many a trial
    makes none, and they take longer to make and to remove than the rest of it. `close` removes
    them.
    """

    def __init__(
        self,
        trial: Trial,
        sandbox: Sandbox,
        make_folders: Callable[[], TrialFolders] = make_trial_folders,
        journal: Journal | None = None,
    ) -> None:
        scenario = trial.cell.scenario
        self._trial, self._sandbox, self._make_folders = trial, sandbox, make_folders
        self._opened: WorkspaceTools | None = None
        self._tools = LiveTools(
            self._open_workspace,
            scenario.scenario.script,
            trial.cell.task.tools,
            scenario.scenario.mcp,
        )
        self._journal = journal or Journal(None, trial.id)
        self._tree: Tree = {}
        self._start: tuple[Change, ...] = ()
        self._results: list[Result] = []
        self._notes: dict[str, None] = {}

    @property
    def needs_set_up(self) -> bool:
        """Whether the scenario's workspace holds anything before the first call."""
        scenario = self._trial.cell.scenario
        return bool(scenario.workspace or scenario.scenario.setup.git)

    def set_up(self) -> None:
        """Put the scenario's files in place and do its set-up. Raises SandboxError."""
        if not self.needs_set_up:
            return
        scenario = self._trial.cell.scenario
        opened = self._open_workspace()
        try:
            opened.workspace.lay_out(scenario.workspace)
        except Refused as refused:
            raise SandboxError(
                f"a workspace file cannot be laid out: {refused}\n"
                f"  rename it in {display_path(scenario.files)}"
            ) from refused
        if scenario.scenario.setup.git:
            self._make_repository(opened.folders, scenario.scenario.setup.git)
        self._start = self._list_changes()

    def close(self) -> None:
        """Remove the trial's folders. Raises SandboxError when something withstands."""
        if self._opened:
            remove_trial_folders(self._opened.folders)

    async def run(self, call: Call) -> Result:
        """Carry out a call outside the event loop if it may wait, and note what it did."""
        if self._opened or self._tools.needs_workspace(call):
            return await run_to_end(self._run, call)
        return self._run(call)

    def build_world(self) -> World:
        """Return everything noted so far."""
        notes = (*self._notes, *self._journal.describe())
        return World(start=self._start, results=tuple(self._results), notes=notes)

    def _run(self, call: Call) -> Result:
        began = time.monotonic()
        answer = self._tools.run(call)
        result = Result(
            call=call.id,
            text=answer.text,
            error=answer.error,
            stopped=answer.stopped,
            seconds=round(time.monotonic() - began, 2),
            changes=self._list_changes(),
            tests=tuple(self._read_reports(answer.reports)),
        )
        result = self._journal.settle_result(result)
        self._results.append(result)
        return result

    def _open_workspace(self) -> WorkspaceTools:
        if self._opened is None:
            self._opened = WorkspaceTools(self._sandbox, self._make_folders())
        return self._opened

    def _list_changes(self) -> tuple[Change, ...]:
        if self._opened is None:
            return ()
        snapshot = self._opened.workspace.snapshot()
        # A dict for its order: a note that every snapshot repeats is stored once.
        self._notes.update(dict.fromkeys(snapshot.notes))
        changes = list_changes(self._tree, snapshot.tree)
        self._tree = snapshot.tree
        return changes

    def _read_reports(self, reported: tuple[Reported, ...]) -> Iterator[TestReport]:
        for sent in reported:
            try:
                report = TestReport.model_validate_json(sent.content)
            except ValidationError:
                self._notes["a test report could not be read"] = None
            else:
                # Whether it is proven is for the sandbox to say, never for what was sent.
                yield report.model_copy(update={"unproven": sent.unproven})

    def _make_repository(self, folders: TrialFolders, git: GitSetup) -> None:
        """Commit all files with a fixed identity and date, so that the first hash is fixed too."""
        # Git would clean up in the background, and change .git while nothing is called; and every
        # version brings other sample hooks. `git config` would write the same lines to the file,
        # but in a process for each value.
        script = (
            r"""git init -q -b "$1" && printf '[user]\n\tname = Dev\n\temail = dev@example.org\n"""
            r"""[gc]\n\tauto = 0\n' >> .git/config && rm -f .git/hooks/*.sample && git add -A"""
            ' && git -c maintenance.auto=false commit -q -m "$2"'
        )
        date = "2025-01-15T09:00:00+00:00"
        done = self._sandbox.run(
            ["bash", "--noprofile", "--norc", "-c", script, "bash", git.branch, git.message],
            folders,
            timeout=30,
            environment={"GIT_AUTHOR_DATE": date, "GIT_COMMITTER_DATE": date},
        )
        if done.exit_code != 0:
            raise SandboxError(f"the repository could not be set up: {done.output.strip()[-200:]}")
