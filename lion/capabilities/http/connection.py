"""Look here if you want to know why nothing of one answer is ever taken for the next one's.

The client's connections are kept for the next request once an answer is complete. What a server
sent beyond it (a body after HEAD or 204, a second answer) would then be read as the answer to
whatever is asked next, perhaps by somebody else.

Rule: a connection with anything left over is closed (RFC 9112, 6.3): whether it was read already,
lies in TLS or in the socket. So is one whose answer says twice how long it is.
Rule: every byte that comes is paid for when it is read, before anybody makes sense of it: interim
answers (1xx), chunk sizes and trailers too.
Rule: interim answers are few.
"""

from collections.abc import Callable
from typing import Any, Final, Protocol

import httpcore2
from httpcore2 import Origin, Request, Response

MOST_INTERIM: Final = 32
"""Interim answers before one answer."""

TOLL: Final = "lion.toll"
"""The toll's key in a request's extensions."""


class Toll:
    """What one answer costs in bytes: as it came or as it was unpacked, whichever is more."""

    def __init__(self, spend: Callable[[str, int], None]) -> None:
        self._spend = spend
        self._came = self._unpacked = self._paid = 0

    def came(self, amount: int) -> None:
        """So many bytes were read from the server. Raises CallError("exhausted")."""
        self._came += amount
        self._pay()

    def unpacked(self, amount: int) -> None:
        """So many bytes are given on. Raises CallError("exhausted")."""
        self._unpacked += amount
        self._pay()

    def _pay(self) -> None:
        due = max(self._came, self._unpacked) - self._paid
        if due > 0:
            self._spend("bytes-in", due)
            self._paid += due


class Tolled(Protocol):
    """A stream that says what it reads to the toll of the answer it reads."""

    toll: Toll | None


class KeptPool(httpcore2.AsyncConnectionPool):
    """The client's pool, with connections that are kept only if nothing is left in them."""

    def create_connection(self, origin: Origin) -> "_Way":
        return _Way(
            origin,
            ssl_context=self._ssl_context,
            keepalive_expiry=self._keepalive_expiry,
            network_backend=self._network_backend,
        )


class _Way(httpcore2.AsyncHTTPConnection):
    """A connection that is still to be made."""

    async def handle_async_request(self, request: Request) -> Response:
        try:
            async with self._request_lock:
                if self._connection is None:
                    stream = await self._connect(request)
                    self._connection = _Connection(self._origin, stream, self._keepalive_expiry)
        except BaseException:
            self._connect_failed = True
            raise
        return await self._connection.handle_async_request(request)


class _Connection(httpcore2.AsyncHTTP11Connection):
    _interim = 0
    _is_framed_twice = False

    async def handle_async_request(self, request: Request) -> Response:
        if self.has_expired():
            # Something came since the pool looked: it is no answer to what was not asked yet.
            raise httpcore2.ConnectionNotAvailable
        self._interim = 0
        stream: Any = self._network_stream
        stream.toll = request.extensions.get(TOLL)
        return await super().handle_async_request(request)

    async def _receive_event(self, timeout: float | None = None) -> Any:  # noqa: ASYNC109
        event: Any = await super()._receive_event(timeout)
        status = getattr(event, "status_code", None)
        if status is not None and status < 200:
            self._interim += 1
            if self._interim > MOST_INTERIM:
                raise httpcore2.RemoteProtocolError("more interim answers than are read")
        elif status is not None:
            names = [name for name, _ in event.headers]
            self._is_framed_twice = b"transfer-encoding" in names and b"content-length" in names
        return event

    async def _response_closed(self) -> None:
        left, _ = self._h11_state.trailing_data
        if left or self._is_framed_twice:
            async with self._state_lock:
                await self.aclose()
        else:
            await super()._response_closed()
