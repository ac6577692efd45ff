"""The file in which notes are kept, a line of JSON each."""

import json
import os
from pathlib import Path


def path():
    """Where they are: $NOTES, or notes.jsonl."""
    return Path(os.environ.get("NOTES", "notes.jsonl"))


def load():
    """All notes, the oldest first: dicts with `title`, `day` and `tags`."""
    if not path().exists():
        return []
    return [json.loads(line) for line in path().read_text(encoding="utf-8").splitlines()]


def add(title, day, tags):
    """Keep one more."""
    with path().open("a", encoding="utf-8") as file:
        file.write(json.dumps({"title": title, "day": day, "tags": tags}) + "\n")
