"""What a report says of its evidence as a whole."""

from __future__ import annotations

from promptverdict.report.evidence import list_lost_tools
from promptverdict.trials.record import describe_lost_tools
from promptverdict.trials.summary import summarise_trial

from tests.report.made import record


def test_agents_that_ran_without_their_tools_are_named_once() -> None:
    notice = describe_lost_tools("helper/terse")
    bare = record().model_copy(update={"notices": (notice, "something else")})
    assert list_lost_tools(map(summarise_trial, (record(), bare, bare))) == [
        "helper/terse runs without the tools that it lists: none is offered"
    ]
