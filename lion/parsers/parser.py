"""Look here if you want to know what every parser has in common: how it is fed, how it ends, and
what bounds it.

Rule: nothing raises for what a text holds: a fault is the last event, and the end.
Rule: what comes is counted before it is looked at; after a fault nothing is kept.
"""

import codecs
from abc import ABC, abstractmethod
from typing import Any, Final

import msgspec

from lion.parsers.events import Event, Fault, FaultKind, Parsed, Partial, Prose, Record
from lion.values.answer_schema import Held, TooMuch

_BLOCK: Final = 4_096
"""Characters that are looked at together."""


class Bounds(msgspec.Struct, frozen=True, kw_only=True):
    """What a text may be: `size` characters in all, `record` in one record, so many `records`,
    nested so deep.
    """

    size: int = 1024 * 1024
    record: int = 256 * 1024
    records: int = 10_000
    depth: int = 64


USUAL: Final = Bounds()


class Stop(Exception):
    """There is no value: raised and caught in this room."""

    def __init__(self, kind: FaultKind, what: str) -> None:
        super().__init__(what)
        self.kind: FaultKind = kind
        self.what = what


class Parser(ABC):
    """Reads a text that comes in pieces."""

    def __init__(
        self, bounds: Bounds, schema: Held | None = None, each: Held | None = None
    ) -> None:
        self.bounds = bounds
        self._schema = schema
        self._each = each
        self._events: list[Event] = []
        self._has_begun = False
        self._size = 0
        """Where the block ends in which it is."""
        self._room = 0
        """Characters until then; none once there is a fault."""
        self._number = 0
        self._fault: Fault | None = None
        self._end: Parsed | Fault | None = None
        self._utf8: codecs.IncrementalDecoder | None = None

    def feed(self, chunk: str | bytes) -> list[Event]:
        """Take the next piece: text, or bytes of UTF-8, cut anywhere. What is known now."""
        if self._end is not None:
            raise ValueError("the parser has been finished")
        if type(chunk) is str and 0 < len(chunk) < self._room:
            # What comes most: a few characters within a block.
            self._room -= len(chunk)
            try:
                self._take(chunk)
            except Stop as stop:
                self._fail(stop)
        elif isinstance(chunk, str):
            self._accept(chunk)
        else:
            self._accept_bytes(chunk, is_last=False)
        return self._told() if self._events else []

    def finish(self) -> Parsed | Fault:
        """The whole value, or why there is none; the same however often it is asked."""
        if self._end is None:
            if self._utf8 is not None:
                self._accept_bytes(b"", is_last=True)
            self._end = self._fault or self._finish()
        return self._end

    def rest(self) -> list[Event]:
        """What became known by finishing: a last record without its end of line, prose behind."""
        return self._told()

    def snapshot(self) -> Partial | None:
        """What has come so far, to be shown; None if there is nothing yet, or a fault."""
        return None if self._fault is not None else self._snapshot()

    @abstractmethod
    def _take(self, text: str) -> None:
        """Look at the next piece. Raises Stop."""

    def _open_size(self) -> int:
        """Characters of a record that is not whole yet."""
        return 0

    @abstractmethod
    def _close(self) -> Parsed:
        """The value. Raises Stop."""

    def _snapshot(self) -> Partial | None:
        return None

    def _told(self) -> list[Event]:
        events, self._events = self._events, []
        return events

    def _accept_bytes(self, chunk: bytes, *, is_last: bool) -> None:
        if self._utf8 is None:
            self._utf8 = codecs.getincrementaldecoder("utf-8")()
        try:
            self._accept(self._utf8.decode(chunk, is_last))
        except UnicodeDecodeError as exc:
            self._accept(exc.object[: exc.start].decode())
            self._fail(Stop("encoding", "it is no UTF-8"))

    def _accept(self, text: str) -> None:
        if self._fault is not None or not text:
            return
        if not self._has_begun:
            self._has_begun = True
            text = text.removeprefix("\ufeff")
        try:
            self._take_blocks(text)
        except Stop as stop:
            self._fail(stop)

    def _take_blocks(self, text: str) -> None:
        """Give on a piece cut where blocks end, whatever its own size is. Raises Stop."""
        at = 0
        while at < len(text):
            if not self._room:
                self._begin_block()
            part = text[at : at + self._room]
            self._room -= len(part)
            at += len(part)
            self._take(part)
            if not self._room:
                self._check_record(self._open_size())

    def _begin_block(self) -> None:
        """Raises Stop if there may be no more."""
        self._room = min(_BLOCK, self.bounds.size - self._size)
        self._size += self._room
        if not self._room:
            raise Stop("size", f"it is longer than {self.bounds.size:,} characters")

    def _fail(self, stop: Stop) -> None:
        if self._fault is None:
            self._room = 0
            self._fault = Fault(stop.kind, stop.what)
            self._events.append(self._fault)

    def _finish(self) -> Parsed | Fault:
        try:
            parsed = self._close()
            if self._schema is not None:
                hold(self._schema, parsed.value)
        except Stop as stop:
            self._fail(stop)
            return Fault(stop.kind, stop.what)
        return parsed

    def _record(self, value: Any) -> None:
        """Tell a record. Raises Stop."""
        if self._number >= self.bounds.records:
            raise Stop("records", f"there are more than {self.bounds.records:,} records")
        if self._each is not None:
            hold(self._each, value, f"record {self._number + 1}")
        self._number += 1
        self._events.append(Record(value, self._number))

    def _prose(self, text: str) -> None:
        if text := without_fence(text):
            self._events.append(Prose(text))

    def _check_record(self, size: int) -> None:
        """Raises Stop for a record that is too long; one that goes on is checked where a block
        ends, so that it does not matter where pieces do.
        """
        if size > self.bounds.record:
            raise Stop("record", f"a record is longer than {self.bounds.record:,} characters")


def hold(held: Held, value: Any, where: str = "") -> None:
    """Raises Stop for a value that does not follow."""
    try:
        fault = held.find_fault(value)
    except TooMuch as exc:
        fault = str(exc)
    if fault is not None:
        place = f"{where}: " if where else ""
        raise Stop("schema", f"{place}it does not follow the schema: {fault}")


def without_fence(text: str) -> str:
    """Words around a value, without the marks of a code block: its first or last line."""
    lines = text.strip().split("\n")
    while lines and lines[-1].lstrip().startswith("```"):
        del lines[-1]
    while lines and lines[0].strip() == "```":
        del lines[0]
    return "\n".join(lines).strip()
