"""Lists to hand out."""

from pathlib import Path

from choirbook.members import Member


def export_xlsx(members: list[Member], path: Path) -> None:
    """Write one sheet with a heading and a row for each member, in the order given."""
    raise NotImplementedError
