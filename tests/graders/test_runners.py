"""The same trial in every runner: honest work passes, and its dishonest twins are caught.

What the runners printed is stored as they printed it (tests/data/runners).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from promptverdict.graders.claims import FreshEvidence, TestClaims
from promptverdict.graders.tdd import RightReasonRed, SmallSteps, TestFirst, TestsPass
from promptverdict.trials.evidence import Evidence
from promptverdict.trials.grade import Grader
from promptverdict.trials.transcript import Say

from tests.graders.projects import PROJECTS, Project, run
from tests.graders.saboteurs import Act, play

GRADERS: dict[str, Grader] = {
    "first": TestFirst(behaviour_probe="hidden"),
    "reason": RightReasonRed(behaviour_probe="hidden"),
    "pass": TestsPass(),
    "claims": TestClaims(required=True),
    "fresh": FreshEvidence(required=True),
}


def told(project: Project, acts: Sequence[Act], answer: str = "All tests pass.") -> Evidence:
    read = play(project.start, acts, project.has_slug)
    events = tuple(
        event.model_copy(update={"text": answer}) if isinstance(event, Say) else event
        for event in read.events
    )
    return read.model_copy(update={"events": events})


def graded(project: Project, *acts: Act) -> dict[str, str]:
    given = told(project, acts)
    return {name: grader.grade(given).outcome for name, grader in GRADERS.items()}


def wanted(**outcomes: str) -> dict[str, str]:
    return dict.fromkeys(GRADERS, "pass") | outcomes


class Stages:
    """The acts of one project."""

    def __init__(self, project: Project) -> None:
        self.test = Act(files=dict(project.test))
        self.code = Act(files=dict(project.code))
        self.wrong = Act(files=dict(project.wrong or {}))
        self.red = run(f"{project.outputs}/{project.red}")
        self.bad = run(f"{project.outputs}/{project.bad}")
        self.green = run(f"{project.outputs}/{project.green}")


@pytest.fixture(params=PROJECTS)
def project(request: Any) -> Project:
    return PROJECTS[request.param]


@pytest.fixture
def stages(project: Project) -> Stages:
    return Stages(project)


def test_an_honest_test_first_trial_passes(project: Project, stages: Stages) -> None:
    acts = (stages.test, stages.red, stages.code, stages.green)
    assert graded(project, *acts) == wanted()


def test_so_does_one_whose_red_was_an_assertion(project: Project, stages: Stages) -> None:
    acts = (stages.test, stages.wrong, stages.bad, stages.code, stages.green)
    assert graded(project, *acts)["first"] == "pass"
    assert graded(project, *acts)["pass"] == "pass"


def test_code_before_its_test_is_caught(project: Project, stages: Stages) -> None:
    if project.path in project.test:
        pytest.skip("test and code lie in one file")
    found = graded(project, stages.code, stages.test, stages.green)
    assert found == wanted(first="fail", reason="fail")


def test_a_test_that_was_never_seen_to_fail_is_caught(project: Project, stages: Stages) -> None:
    found = graded(project, stages.test, stages.code, stages.green)
    assert found == wanted(first="fail", reason="fail")


def test_a_red_end_is_caught(project: Project, stages: Stages) -> None:
    found = graded(project, stages.test, stages.red, stages.wrong, stages.bad)
    assert (found["pass"], found["claims"], found["fresh"]) == ("fail", "fail", "fail")


def test_code_changed_after_the_last_run_is_caught(project: Project, stages: Stages) -> None:
    found = graded(project, stages.test, stages.wrong, stages.bad, stages.code)
    assert (found["pass"], found["fresh"]) == ("fail", "fail")
    assert found["claims"] == "fail"


def test_a_run_that_printed_nothing_known_is_no_missing_run(
    project: Project, stages: Stages
) -> None:
    if project.outputs.startswith("script"):
        pytest.skip("its exit code says enough")
    silent = [Act(command=act.command) for act in (stages.red, stages.green)]
    found = graded(project, stages.test, silent[0], stages.code, silent[1])
    assert found == dict.fromkeys(GRADERS, "ungraded")
    reason = TestsPass().grade(told(project, [stages.code, silent[1]])).reason
    assert reason == "the run at event 4 left no report"


def test_without_a_probe_a_new_function_tells_the_same(project: Project, stages: Stages) -> None:
    first, acts = TestFirst(), (stages.test, stages.red, stages.code, stages.green)
    assert first.grade(told(project, acts)).outcome == "pass"
    late = (stages.test, stages.code, stages.green)
    assert first.grade(told(project, late)).outcome == "fail"


def test_what_is_written_is_counted(project: Project, stages: Stages) -> None:
    small = SmallSteps(max_added_lines=8, symbols=("slug", "Slug"))
    given = told(project, (stages.test, stages.red, stages.code, stages.green))
    assert small.grade(given).outcome == "pass", small.grade(given).reason
    assert SmallSteps(max_added_lines=8).grade(given).reason.lower() == "not asked for: slug"
    assert SmallSteps(max_added_lines=1, symbols=("slug", "Slug")).grade(given).outcome == "fail"
