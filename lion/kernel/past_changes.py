"""Look here if you want to know which files calls have changed since others were begun that never
came to an outcome: what those left cannot be told from what these did.

Rule: paths are compared where they really are: two grants may have one directory.
Rule: only changes after an open intent are kept, and which file each handle is.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from lion.domain.call import Status
from lion.domain.events import CallFinished, CallRequested
from lion.domain.record import Record
from lion.scopes.fs_path import is_below

_BOTH = ("rename", "link")
"""Operations that are about two paths, their first arguments."""


class Change(msgspec.Struct, frozen=True):
    """A change that was completed: which record says so, whose, of which of its paths."""

    seq: int
    holder: str
    paths: tuple[str, ...]


class Changes:
    """A fold over the records of calls."""

    def __init__(self) -> None:
        self.done: list[Change] = []
        self._open: set[tuple[str, int]] = set()
        self._files: dict[tuple[str, int], str] = {}

    def begin(self, record: Record, intent: CallRequested) -> None:
        """A call was begun."""
        if intent.capability == "fs":
            self._open.add((record.invocation, record.call))

    def finish(self, record: Record, event: CallFinished, intent: CallRequested | None) -> None:
        """A call came to an outcome."""
        if intent is None or intent.capability != "fs":
            return
        self._open.discard((record.invocation, record.call))
        if event.status is Status.COMPLETED:
            paths = self.paths(record.invocation, intent)
            if intent.operation == "open":
                self._files[record.invocation, event.value[1]] = intent.args[0]
            if self._open:
                self.done.append(Change(record.seq, record.principal, paths))
        if not self._open:
            self.done.clear()

    def paths(self, invocation: str, intent: CallRequested) -> tuple[str, ...]:
        """What an intent is about, as its guest calls it."""
        args: list[Any] = intent.args
        if intent.operation.startswith("file."):
            return (self._files.get((invocation, args[0]), ""),)
        if intent.operation in _BOTH:
            return args[0], args[1]
        return (args[1 if intent.operation == "symlink" else 0],)

    def disturb(
        self, holder: str, paths: tuple[str, ...], seq: int,
        directories: Mapping[str, Mapping[str, str]],
    ) -> bool:  # fmt: skip
        """Whether anybody changed one of these paths, or what lies above or below it, after
        record `seq`. `directories` are where each holder's guest paths really are.
        """
        own = list(_places(directories.get(holder, {}), paths))
        return any(
            is_below(a, b) or is_below(b, a)
            for change in self.done
            if change.seq > seq
            for a in _places(directories.get(change.holder, {}), change.paths)
            for b in own
        )


def _places(directories: Mapping[str, str], paths: tuple[str, ...]) -> Iterator[str]:
    for path in paths:
        tops = [top for top in directories if is_below(path, top)]
        if tops:
            top = max(tops, key=len)
            yield f"{directories[top]}/{path.removeprefix(top).strip('/')}".rstrip("/")
