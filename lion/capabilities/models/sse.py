"""Look here if you want to know how bytes of a server become server-sent events.

Rule: bytes may be split anywhere, also inside a character or between CR and LF.
Rule: nothing grows without bound: an event has at most 1 MiB, JSON without one 4 MiB.
Rule: JSON is JSON also where events should be, whatever the content type says: a line that begins
as no field does is of a document, or goes on with the data it follows.
Rule: work is in proportion to the bytes, however small the pieces are.
"""

import re
from typing import Final

import msgspec

from lion.capabilities.models.balance import Balance
from lion.domain.call import CallError

MOST_EVENT: Final = 1024 * 1024
MOST_DOCUMENT: Final = 4 * 1024 * 1024
DOCUMENT: Final = "document"
"""The type of what is JSON and no event."""
MOST_STRAY: Final = 400
_NO_FIELD: Final = (b"{", b"}", b"[", b"]", b'"', b" ", b"\t")
"""How no name of a field begins."""
_FIELD: Final = re.compile(b"(?:data|event|id|retry)?(?::|$)")
"""What a line within a document has to be to end it, or to be a comment."""
_BOM: Final = b"\xef\xbb\xbf"


class ServerEvent(msgspec.Struct, frozen=True):
    """One event: its type ("message" unless said otherwise) and its data lines joined.

    JSON that came without being an event is one of the type `document`.
    """

    type: str
    data: str


def _data_alone(piece: bytes) -> list[ServerEvent] | None:
    """The events of a piece that is whole events of one line of data each, as most are; else
    None, which says nothing.
    """
    if not (piece.startswith(b"data: ") and piece.endswith(b"\n\n")) or b"\r" in piece:
        return None
    events = []
    for event in piece[:-2].split(b"\n\n"):
        if not event.startswith(b"data: ") or b"\n" in event or len(event) + 2 > MOST_EVENT:
            return None
        events.append(ServerEvent("message", event[6:].decode("utf-8", "replace")))
    return events


class SseParser:
    """Takes bytes as they come, gives events as they are complete."""

    def __init__(self) -> None:
        self._line: list[bytes] = []
        self._data: list[str] = []
        self._type = ""
        self._open: Balance | None = None
        """Of JSON that is no field's, or goes on with one's."""
        self._is_document = False
        self._size = 0
        self.stray = ""
        """The first line that was neither field nor JSON: words, where not even one event is."""
        self._has_events = False
        self._is_first = True
        self._had_return = False
        self._is_between = False
        """The last piece ended with an event, and nothing of the next has come."""

    def feed(self, piece: bytes) -> list[ServerEvent]:
        """Events that this piece completes. Raises CallError("unavailable") for an endless one."""
        if not piece:
            return []
        if self._is_between and (quick := _data_alone(piece)) is not None:
            return quick
        if self._had_return:
            # The LF of a CR LF that was split.
            self._had_return = False
            piece = piece.removeprefix(b"\n")
        events: list[ServerEvent] = []
        for line in piece.splitlines(keepends=True):
            self._line.append(line)
            self._grow(len(line))
            if line.endswith((b"\n", b"\r")):
                self._take(events)
        self._had_return = piece.endswith(b"\r")
        self._is_between = not (self._line or self._size)
        return events

    def finish(self) -> list[ServerEvent]:
        """The last event, if the server ended without the empty line after it."""
        events: list[ServerEvent] = []
        if self._line:
            self._take(events)
        self._dispatch(events)
        return events

    def _take(self, events: list[ServerEvent]) -> None:
        raw = b"".join(self._line).rstrip(b"\r\n")
        self._line.clear()
        if self._is_first:
            self._is_first = False
            raw = raw.removeprefix(_BOM)
        if not raw:
            if not self._is_document:
                self._dispatch(events)
        elif self._is_json(raw):
            self._take_json(raw.decode("utf-8", "replace"), events)
        else:
            self._take_field(raw, events)

    def _is_json(self, raw: bytes) -> bool:
        if self._is_document:
            return not _FIELD.match(raw)
        return raw.startswith(_NO_FIELD) and bool(self._data or raw.lstrip()[:1] in (b"{", b"["))

    def _take_field(self, raw: bytes, events: list[ServerEvent]) -> None:
        name, _, value = raw.decode("utf-8", "replace").partition(":")
        value = value.removeprefix(" ")
        if self._is_document and name:
            self._dispatch(events)
        match name:
            case "data":
                self._add(value)
            case "event":
                self._type = value
            case "" | "id" | "retry":
                self._size -= len(raw)
            case _:
                # What a later standard adds; or words, where no event is.
                self._size -= len(raw)
                if not self._has_events:
                    self.stray = self.stray or raw[:MOST_STRAY].decode("utf-8", "replace")

    def _take_json(self, line: str, events: list[ServerEvent]) -> None:
        """A line of a document, or one that goes on with the data before it."""
        if self._open is None:
            self._open = Balance()
            self._is_document = not self._data
            for text in self._data:
                self._open.feed(text)
        if self._open.is_closed:
            self._dispatch(events)
            self._open, self._is_document = Balance(), True
        self._add(line)
        if self._open.is_closed:
            self._dispatch(events)

    def _add(self, line: str) -> None:
        self._data.append(line)
        if self._open is not None:
            self._open.feed(line)

    def _dispatch(self, events: list[ServerEvent]) -> None:
        if self._data:
            type = DOCUMENT if self._is_document else self._type or "message"
            events.append(ServerEvent(type, "\n".join(self._data)))
            self.stray, self._has_events = "", True
        self._data.clear()
        self._open, self._is_document = None, False
        self._type, self._size = "", 0

    def _grow(self, amount: int) -> None:
        self._size += amount
        most = MOST_DOCUMENT if self._is_document or self._may_be_json() else MOST_EVENT
        if self._size > most:
            words = f"the model's server sent an event of more than {most:,} bytes"
            raise CallError("unavailable", words)

    def _may_be_json(self) -> bool:
        """Whether the line under way begins a document."""
        return bool(self._line) and not self._data and self._line[0][:1] in (b"{", b"[")
