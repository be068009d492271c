"""Look here if you want to know what is known of a step that is worked on."""

from typing import Any, Final, Protocol

import msgspec

from lion.workflows.engine import Fault
from lion.workflows.ready import Ready

ONE: Final = -1
"""The index of the only job of a step that has no fan-out."""


class Finished(msgspec.Struct, frozen=True):
    """A job that was done: what it was given and gave, to be compensated if need be."""

    work: "Work"
    index: int
    item: Any
    given: Any
    result: Any


class Work(msgspec.Struct, kw_only=True):
    """A step at work. `values` are what its expressions may name, `items` those of its fan-out
    (None: it has none), which `grows` while more may come.

    `wants`: it may begin another item now.
    """

    ready: Ready
    key: str
    values: dict[str, Any]
    items: list[Any] | None = None
    grows: bool = False
    results: list[Any] = []
    begun: int = 0
    ended: int = 0
    tokens: int = 0
    """Jobs that count against its rate."""
    fault: Fault | None = None
    is_settled: bool = False
    records: list[Any] | None = None

    @property
    def count(self) -> int:
        """How many items there are."""
        return 1 if self.items is None else len(self.items)

    @property
    def wants(self) -> bool:
        """It has an item that may be begun."""
        step = self.ready.step
        if self.begun >= self.count or (self.fault is not None and not step.goes_on):
            return False
        before = step.before
        is_slow = before is not None and before.count and self.tokens >= before.count
        return not is_slow and (not step.at_once or self.begun - self.ended < step.at_once)

    @property
    def is_over(self) -> bool:
        """Nothing of it is under way and nothing will be begun."""
        if self.ended < self.begun:
            return False
        if self.fault is not None and not self.ready.step.goes_on:
            return True
        return self.begun >= self.count and not self.grows

    @property
    def value(self) -> Any:
        """What it gave."""
        if self.items is not None:
            return self.results
        result = self.results[0] if self.results else None
        if self.records is not None:
            return {**(result if isinstance(result, dict) else {}), "records": self.records}
        return result


class Owner(Protocol):
    """Who is told what happens at a bench."""

    def settled(self, work: Work) -> None:
        """A step is over."""
        ...

    def finished(self, done: Finished) -> None:
        """A job was done that would have to be compensated."""
        ...

    def heard(self, work: Work, record: Any) -> bool:
        """A job under way gave a record; whether there may be more."""
        ...

    def emitted(self, name: str, value: Any) -> None:
        """An event."""
        ...
