"""Look here if you want to know in which order tasks wait, by which strategy.

Rule: a task's place is decided once, when it joins: later ones go before or after it, and it never
moves. So a decision looks at few tasks however many wait, and is the same whenever it is made.
Rule: no clock, no chance: the same tasks and times give the same order.
"""

from bisect import bisect_left, insort
from collections.abc import Callable, Iterator, Mapping
from heapq import merge
from itertools import islice

import msgspec

Key = tuple[int, int]
"""Smaller goes first; the second is the order in which tasks joined."""
Signature = tuple[tuple[str, int], ...]
"""Which resources, and how many tokens of each, sorted."""


class Waiting(msgspec.Struct, frozen=True, kw_only=True):
    """A task that waits: by whom it was submitted, its `priority` (more is sooner), the tokens it
    needs, when it joined (nanoseconds; any clock, the same for all).
    """

    id: str
    by: str = ""
    priority: int = 0
    resources: Mapping[str, int] = {}
    joined_ns: int = 0


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where a task stands. `decision` is how many decisions had been made when it joined."""

    task: Waiting
    key: Key
    signature: Signature
    decision: int


class Queue:
    """Tasks in the order of a strategy. `most` is how many may wait; `ageing_ns` is how long a
    task waits until it counts as one of a priority more (strategy priority).
    """

    def __init__(self, strategy: str = "fifo", *, ageing_ns: int = 0, most: int = 1_000) -> None:
        self.strategy = strategy
        self.most = most
        self.decisions = 0
        """Decisions that had a choice."""
        self.passed: dict[str, int] = {}
        """How often advice put others before a task that could have begun."""
        self._ageing_ns = max(ageing_ns, 1)
        self._key: Callable[[Waiting, int], Key] = {
            "fifo": self._by_arrival, "round-robin": self._by_turn, "priority": self._by_age,
        }[strategy]  # fmt: skip
        self._places: dict[str, Place] = {}
        self._groups: dict[Signature, list[tuple[Key, str]]] = {}
        self._joined = 0
        self._round = 0
        self._turns: dict[str, int] = {}

    def __len__(self) -> int:
        return len(self._places)

    def __contains__(self, id: object) -> bool:
        return id in self._places

    def __iter__(self) -> Iterator[Place]:
        """All, in order."""
        found = merge(*self._groups.values())
        return (self._places[id] for _, id in found)

    def head(self, count: int) -> list[Place]:
        """The first, in order, so many at most."""
        return list(islice(self, count))

    @property
    def is_full(self) -> bool:
        """No more may join."""
        return len(self._places) >= self.most

    def oldest(self) -> Iterator[Place]:
        """All, those first that have waited for the most decisions."""
        return iter(self._places.values())

    def groups(self) -> list[tuple[Signature, list[tuple[Key, str]]]]:
        """Who needs the same resources, each group in order."""
        return list(self._groups.items())

    def place(self, id: str) -> Place:
        """Where a task stands. Raises KeyError."""
        return self._places[id]

    def join(self, task: Waiting) -> None:
        """Take a task in, whether or not that is more than `most`: who adds asks before."""
        self._joined += 1
        key = self._key(task, self._joined)
        signature = tuple(sorted(item for item in task.resources.items() if item[1]))
        where = Place(task=task, key=key, signature=signature, decision=self.decisions)
        self._places[task.id] = where
        insort(self._groups.setdefault(signature, []), (key, task.id))

    def leave(self, id: str) -> None:
        """Let a task go that was taken back. Raises KeyError."""
        where = self._places.pop(id)
        self.passed.pop(id, None)
        group = self._groups[where.signature]
        del group[bisect_left(group, (where.key, id))]
        if not group:
            del self._groups[where.signature]

    def begin(self, id: str, passed: tuple[str, ...] = ()) -> None:
        """Let the task go whose turn it is; `passed` could have begun too, and stood before it."""
        where = self._places[id]
        self.leave(id)
        self.decisions += 1
        for other in passed:
            self.passed[other] = self.passed.get(other, 0) + 1
        if self.strategy == "round-robin":
            self._round = max(self._round, where.key[0])
            if len(self._turns) > 2 * len(self._places) + 16:
                self._turns = {by: turn for by, turn in self._turns.items() if turn > self._round}

    def _by_arrival(self, task: Waiting, number: int) -> Key:
        return 0, number

    def _by_turn(self, task: Waiting, number: int) -> Key:
        """Each who submits has one turn in a round, and one who comes late none in past rounds."""
        turn = max(self._turns.get(task.by, 0) + 1, self._round)
        self._turns[task.by] = turn
        return turn, number

    def _by_age(self, task: Waiting, number: int) -> Key:
        """Priority and what was gained by waiting: whoever is before another stays so, since both
        gain alike.
        """
        return task.joined_ns - task.priority * self._ageing_ns, number
