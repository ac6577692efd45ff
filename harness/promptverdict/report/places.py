"""Ids of the parts of the page; the names in them hold no blank and no colon."""

from __future__ import annotations


def name_scenario_section(suite: str, scenario: str) -> str:
    """Name the section of a scenario."""
    return f"scenario:{suite}:{scenario}"


def name_trial(key: str) -> str:
    """Name a trial, as the page's script finds it."""
    return f"trial:{key}"
