"""The trails as they lie in the content folder."""

import json
import os
from pathlib import Path


def content():
    return Path(os.environ.get("TRAILS_CONTENT", "content"))


def list_trails():
    return [read_trail(path.parent.name) for path in sorted(content().glob("*/trail.json"))]


def read_trail(name):
    """Return what trail.json says. Raises LookupError if there is no such trail."""
    path = content() / name / "trail.json"
    if not path.is_file():
        raise LookupError(f"there is no trail {name}")
    return json.loads(path.read_text(encoding="utf-8"))
