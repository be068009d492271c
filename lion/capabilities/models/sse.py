"""Look here if you want to know how bytes of a server become server-sent events.

Rule: bytes may be split anywhere, also inside a character or between CR and LF.
Rule: nothing grows without bound: an event has at most 1 MiB.
Rule: work is in proportion to the bytes, however small the pieces are.
"""

from typing import Final

import msgspec

from lion.domain.call import CallError

MOST_EVENT: Final = 1024 * 1024
_BOM: Final = b"\xef\xbb\xbf"


class ServerEvent(msgspec.Struct, frozen=True):
    """One event: its type ("message" unless said otherwise) and its data lines joined."""

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
        self._size = 0
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
            self._dispatch(events)
            return
        name, _, value = raw.decode("utf-8", "replace").partition(":")
        value = value.removeprefix(" ")
        match name:
            case "data":
                self._data.append(value)
            case "event":
                self._type = value
            case _:
                # A comment, an id, a time to reconnect, or what a later standard adds.
                self._size -= len(raw)

    def _dispatch(self, events: list[ServerEvent]) -> None:
        if self._data:
            events.append(ServerEvent(self._type or "message", "\n".join(self._data)))
        self._data.clear()
        self._type, self._size = "", 0

    def _grow(self, amount: int) -> None:
        self._size += amount
        if self._size > MOST_EVENT:
            words = f"the model's server sent an event of more than {MOST_EVENT:,} bytes"
            raise CallError("unavailable", words)
