"""Look here if you want to know what waits in the log's buffer and is written in one transaction.

Rule: the loop fills a group and never touches it once the writer has taken it, until it is done.
"""

from collections.abc import Callable
from typing import Any, TypeAlias

import trio

from lion.domain.record import Draft
from lion.log.beside import Noted
from lion.log.kept import Changes, Version
from lion.log.lease import Lease
from lion.ports import Tables

Appended: TypeAlias = tuple[Draft, bytes]
"""A draft and its body, encoded when it was appended: arguments may be changed later."""


class Opening:
    """A run to begin or go on with. The writer fills in what it found."""

    __slots__ = ("bytes", "has_ended", "manifest_name", "run")

    def __init__(self, run: str, manifest_name: str) -> None:
        self.run = run
        self.manifest_name = manifest_name
        self.bytes = 0
        self.has_ended = False


class Transaction:
    """Something to do to the tables, and the record of it. The writer fills in the value or the
    error."""

    __slots__ = ("draft", "error", "operate", "run", "size", "value")

    def __init__(self, operate: Callable[[Tables], Any], draft: Callable[[Any], Draft]) -> None:
        self.operate = operate
        self.draft = draft
        self.value: Any = None
        self.error: Exception | None = None
        self.run = ""
        self.size = 0
        """Of the record written, counted as in the run's account; 0 if there is none."""


class Blob:
    """Bytes to keep by their digest, which the writer fills in (hex)."""

    __slots__ = ("data", "digest")

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.digest = ""


Entry: TypeAlias = Appended | Transaction | Blob | Opening


class Group:
    """What is written together: entries in order, the last word on each budget, and who waits for
    it."""

    __slots__ = (
        "bases", "bytes", "done", "ended", "entries", "failure", "kept", "leases", "monotonic",
        "noted", "taken", "versions",
    )  # fmt: skip

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.noted: dict[str, Noted] = {}
        """By run."""
        self.ended: list[str] = []
        """Runs whose last record is in here."""
        self.monotonic: dict[str, int] = {}
        """What the runs' own clocks said when the group was taken, in nanoseconds."""
        self.leases: list[Lease] = []
        """Held until the group is written."""
        self.kept: dict[str, Changes] = {}
        """What changes of stores that are in memory (kept.py), by namespace."""
        self.bases: dict[str, Version] = {}
        """What the tables had when such a store was compared with them."""
        self.versions: dict[str, Version] = {}
        """What they have when the group is written, which the writer fills in."""
        self.bytes = 0
        """Of the bodies and blobs in `entries`."""
        self.failure: Exception | None = None
        self.taken = trio.Event()
        self.done = trio.Event()

    def __bool__(self) -> bool:
        return bool(self.entries or self.noted or self.leases)

    def keep(self, namespace: str, changes: Changes) -> None:
        """Take later changes of a store."""
        kept = self.kept.setdefault(namespace, {})
        for key, (before, after) in changes.items():
            kept[key] = kept.get(key, (before,))[0], after
