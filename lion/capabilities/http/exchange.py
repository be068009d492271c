"""Look here if you want to know what an exchange under way is, between a guest and the http door.

Rule: a slow reader slows the server: at most so much is read ahead.
Rule: HTTP/1.1 goes one way at a time: the answer is waited for once the request's body is out.
Rule: however it fails, the guest learns it from whatever it asks next, as often as it asks.
"""

from collections import deque
from collections.abc import AsyncIterable, Callable
from typing import Any

import trio

from lion.capabilities.http.contract import Exchange, HttpDoor, OutgoingRequest
from lion.capabilities.http.spool import Spool
from lion.domain.call import CallError

AHEAD = 256 * 1024
"""Bytes of an answer that are kept for a guest that does not read."""
PIECES = 1_024
"""Pieces of it that are: one of a single byte takes the host as much as one of sixty."""


def head_record(exchange: Exchange) -> dict[str, Any]:
    """Status, headers and origin of an answer, as in the WIT."""
    lines = "\n".join(f"{name}: {value}" for name, value in exchange.headers)
    return {"status": exchange.status, "headers": lines, "url": exchange.url}


class GuestExchange:
    """Handles of kind `exchange`; a Waitable that is ready when the head or the next piece is."""

    about = ""
    """The request, for a person who is asked about a use of it."""

    def __init__(self, *, streams: bool, spool: Spool | None = None) -> None:
        self.room = Room(is_kept=spool is not None)
        self.spool = spool
        """Where its body waits, if a person is asked about it, and `request` with it."""
        self.request: OutgoingRequest | None = None
        is_open = streams and spool is None
        self.outlet: AsyncIterable[bytes] | None = self.room if is_open else None
        self.tail = b""
        """The end of what was written, which is scanned with the next piece."""
        self._scope = trio.CancelScope()
        self._change = trio.Event()
        self._head: dict[str, Any] | None = None
        self._pieces: deque[memoryview] = deque()
        self._ahead = 0
        """Bytes of all pieces."""
        self._is_head_taken = self._is_ended = False
        self._failure: CallError | None = None
        self._then: Callable[[], None] | None = None
        if not streams:
            self.room.close()

    @property
    def is_kept(self) -> bool:
        """Nothing was sent, and whoever goes on with the run has all of it."""
        return self.room.is_kept

    def on_cancel(self, then: Callable[[], None]) -> None:
        """Do this once it is dropped."""
        self._then = then

    def cancel(self) -> None:
        """End it."""
        self._scope.cancel()
        if self.spool is not None:
            self.spool.drop()
        if self._then is not None:
            self._then()

    @trio.lowlevel.enable_ki_protection
    async def run(self, door: HttpDoor, request: OutgoingRequest) -> None:
        """Ask, and read ahead, until the end or a failure."""
        with self._scope:
            try:
                async with door.open(request) as exchange:
                    await self._fill(exchange)
            except CallError as exc:
                self._failure = exc
            finally:
                self._is_ended = True
                self.room.fail(self._failure)
                self._changed()

    def check(self) -> None:
        """Raise CallError for what has failed."""
        if self._failure is not None:
            raise CallError(self._failure.case, self._failure.text)

    def fail(self, failure: CallError | None) -> None:
        """It is over, before anything more came of it: whatever the guest asks next says why."""
        self._failure, self._is_ended = failure, True
        self.room.fail(failure)
        self._changed()

    async def write(self, piece: bytes) -> None:
        """Give a piece to the request's body, once there is room. Raises CallError."""
        if self.spool is None:
            await self.room.put(piece)
        else:
            self.spool.add(piece)
            await trio.lowlevel.checkpoint()

    async def finish(self) -> None:
        """The request's body is complete. Twice is no mistake."""
        self.room.close()
        await trio.lowlevel.checkpoint()

    async def head(self) -> dict[str, Any]:
        """Status, headers and URL. Raises CallError."""
        while self._head is None:
            self._raise_ended()
            await self._change.wait()
        self._is_head_taken = True
        return self._head

    async def read(self, most: int) -> bytes:
        """The next piece, empty at the end. Raises CallError."""
        await self.head()
        while not self._pieces:
            if self._failure is not None:
                raise CallError(self._failure.case, self._failure.text)
            if self._is_ended:
                return b""
            await self._change.wait()
        piece = self._pieces.popleft()
        if len(piece) > most:
            self._pieces.appendleft(piece[most:])
            piece = piece[:most]
        self._ahead -= len(piece)
        self._changed()
        return bytes(piece)

    @property
    def is_ready(self) -> bool:
        """Whether `head`, or after it `read`, would not wait."""
        is_head_new = self._head is not None and not self._is_head_taken
        return is_head_new or bool(self._pieces) or self._is_ended

    async def wait_ready(self) -> None:
        while not self.is_ready:
            await self._change.wait()

    async def _fill(self, exchange: Exchange) -> None:
        self._head = head_record(exchange)
        self._changed()
        while piece := await exchange.receive():
            self._pieces.append(memoryview(piece))
            self._ahead += len(piece)
            self._changed()
            while self._ahead >= AHEAD or len(self._pieces) >= PIECES:
                await self._change.wait()

    def _changed(self) -> None:
        self._change.set()
        self._change = trio.Event()

    def _raise_ended(self) -> None:
        if self._failure is not None:
            raise CallError(self._failure.case, self._failure.text)
        if self._is_ended:
            raise CallError("cancelled", "the exchange was ended")


class Room:
    """The request's body on its way: one piece at a time. A Waitable: there is room to write."""

    def __init__(self, *, is_kept: bool = False) -> None:
        self.is_kept = is_kept
        self._piece: bytes | None = None
        self._is_closed = False
        self._failure: CallError | None = None
        self._is_over = False
        self._change = trio.Event()

    @property
    def is_ready(self) -> bool:
        return self._piece is None or self._is_closed or self._is_over

    async def wait_ready(self) -> None:
        while not self.is_ready:
            await self._change.wait()

    async def put(self, piece: bytes) -> None:
        """Wait for room and give a piece. Raises CallError."""
        if self._is_closed:
            raise CallError("invalid", "the request's body is complete")
        await trio.lowlevel.checkpoint()
        await self.wait_ready()
        if self._failure is not None:
            raise CallError(self._failure.case, self._failure.text)
        if self._is_over:
            raise CallError("connection", "the server answered before the body was complete")
        self._piece = piece
        self._changed()

    def close(self) -> None:
        """No piece follows."""
        self._is_closed = True
        self._changed()

    def fail(self, failure: CallError | None) -> None:
        """Nobody takes pieces any more."""
        self._failure, self._is_over = failure, True
        self._changed()

    def __aiter__(self) -> "Room":
        return self

    async def __anext__(self) -> bytes:
        while self._piece is None:
            if self._is_closed:
                raise StopAsyncIteration
            await self._change.wait()
        piece, self._piece = self._piece, None
        self._changed()
        return piece

    def _changed(self) -> None:
        self._change.set()
        self._change = trio.Event()
