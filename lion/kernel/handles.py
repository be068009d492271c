"""Look here if you want to know what a handle in a guest's hand stands for.

Rule: a rep is given once: a stale one is `not-found` for ever, never somebody else's thing.
Rule: whatever ends the instance ends what its handles hold; one failing close does not keep the
others open.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any, NamedTuple

from lion.domain.call import CallError

LAST_REP = 2**32 - 1


class _Entry(NamedTuple):
    kind: str
    thing: Any
    close: Callable[[], None] | None


class HandleTable:
    """The handles of one instance, at most `limit` at a time. Implements ports.Handles."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._entries: dict[int, _Entry] = {}
        self._last = 0
        self._is_closed = False

    def __len__(self) -> int:
        return len(self._entries)

    def add(self, kind: str, thing: Any, close: Callable[[], None] | None = None) -> int:
        """Give `thing` a rep, from 1 up. `close` is called once: when dropped or the table closes.

        Raises CallError: `exhausted` if the table is full, `cancelled` if it is closed.
        """
        if self._is_closed:
            raise CallError("cancelled", "the instance has ended")
        if len(self._entries) >= self._limit:
            raise CallError("exhausted", f"handles: {self._limit:,} are open, which is the limit")
        if self._last >= LAST_REP:
            raise CallError("exhausted", "handles: all numbers of this instance are used up")
        self._last += 1
        self._entries[self._last] = _Entry(kind, thing, close)
        return self._last

    def put(
        self, rep: int, kind: str, thing: Any, close: Callable[[], None] | None = None
    ) -> None:
        """Give `thing` the rep that was given before the run was resumed."""
        self._last = max(self._last, rep)
        self._entries[rep] = _Entry(kind, thing, close)

    def open(self) -> Iterator[tuple[str, Any]]:
        """What is open, by kind."""
        return ((entry.kind, entry.thing) for entry in self._entries.values())

    def all(self, kind: str) -> list[tuple[int, Any]]:
        """What is open of a kind, oldest first, by rep."""
        return [(rep, one.thing) for rep, one in self._entries.items() if one.kind == kind]

    def get(self, rep: int, kind: str | None = None) -> Any:
        """What a rep stands for. Raises CallError("not-found") if forged, stale or wrong."""
        entry = self._entries.get(rep)
        if entry is None or (kind is not None and entry.kind != kind):
            raise CallError("not-found", f"no {kind or 'handle'} has the number {rep}")
        return entry.thing

    def drop(self, rep: int) -> None:
        """Forget and close. Unknown reps are ignored."""
        entry = self._entries.pop(rep, None)
        if entry is not None and entry.close is not None:
            entry.close()

    def close(self) -> None:
        """Close everything, newest first, also if a close raises (which comes out at the end)."""
        self._is_closed = True
        if not self._entries:
            return
        entries, self._entries = self._entries, {}
        with ExitStack() as stack:
            for entry in entries.values():
                if entry.close is not None:
                    stack.callback(entry.close)
