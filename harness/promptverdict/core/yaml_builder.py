"""Plain data out of a YAML parser's events: lists, mappings and what a reader makes of scalars.

Events are taken one by one and without recursion, because the usual loaders end the whole process
on a text that is nested deeply enough, build what a tag asks for, and let a repeated key win in
silence. What may stand in a text is for each reader to say.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

import yaml

MAX_DEPTH = 100
"""Collections within collections that any reader takes."""


class Collection:
    """A list or mapping while it is filled."""

    __slots__ = ("awaits_key", "data", "key", "tag")

    def __init__(self, start: Any) -> None:
        self.awaits_key = isinstance(start, yaml.MappingStartEvent)
        self.data: Any = {} if self.awaits_key else []
        self.tag: str | None = start.tag
        self.key = ""
        """Of a mapping: the key whose value comes next."""


class DataBuilder(ABC):
    """Builds the data of a text's documents; what a subclass raises ends the reading."""

    def __init__(self) -> None:
        self.documents: list[Any] = []
        self.open: list[Collection] = []
        """The collections that have begun and not ended, from the outermost."""

    def take_all(self, loader: Any, most: int) -> None:
        """Add what all events of a loader say. Raises ValueError where they are too many."""
        # Not through yaml.parse, whose two more calls for each event take a third of the time.
        for _ in range(most):
            event = loader.get_event()
            if event is None:
                return
            self.take(event)
        raise ValueError("more keys and values than a recording has")

    def take(self, event: yaml.Event) -> None:
        """Add what one event says."""
        if isinstance(event, yaml.NodeEvent):
            parent = self.open[-1] if self.open else None
            if parent is not None and parent.awaits_key:
                parent.key, parent.awaits_key = self.read_key(event, parent), False
            elif type(event) is yaml.ScalarEvent:
                self._place(self.read_scalar(event))
            else:
                self.check_collection(event)
                self.open.append(Collection(event))
        elif isinstance(event, yaml.CollectionEndEvent):
            self._place(self.finish_collection(self.open.pop()))

    @abstractmethod
    def read_key(self, event: yaml.NodeEvent, mapping: Collection) -> str:
        """Return the key that an event is; refuse a repeated one and what is no scalar."""

    @abstractmethod
    def read_scalar(self, event: yaml.ScalarEvent) -> Any:
        """Return the value of a scalar."""

    @abstractmethod
    def check_collection(self, event: yaml.NodeEvent) -> None:
        """Refuse a collection that must not begin here, and every alias."""

    def finish_collection(self, collection: Collection) -> Any:
        """Return what a collection is, once all of it is known."""
        return collection.data

    def _place(self, value: Any) -> None:
        if not self.open:
            self.documents.append(value)
            return
        parent = self.open[-1]
        if isinstance(parent.data, list):
            parent.data.append(value)
        else:
            parent.data[parent.key], parent.awaits_key = value, True
