"""The members."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Member:
    name: str
    voice: str
    since: int


def list_by_voice(members: list[Member]) -> list[Member]:
    """List members from soprano to bass, and by name within a voice."""
    order = ("soprano", "alto", "tenor", "bass")
    return sorted(members, key=lambda member: (order.index(member.voice), member.name))
