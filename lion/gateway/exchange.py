"""Look here if you want to know how one request of a framework's is read and answered: HTTP/1.1
over loopback, JSON or server-sent events.

Rule: as at the service's door (lion/web/connection.py): bounded in size and time, one request a
connection, and who reads slowly waits by himself.
"""

from collections.abc import Callable, Iterable
from typing import Any, Final

import h11
import msgspec
import trio

from lion.errors import OperatorError
from lion.gateway.refusals import Refusal, bad_request
from lion.web.connection import BODY_SECONDS, HEAD_SECONDS, Connection

MOST_BODY: Final = 4 * 1024 * 1024
"""Bytes of a request: 1 MiB of messages and 256 KiB of tools, whatever JSON makes of them."""
Headers = list[tuple[str, str]]


class Heard(msgspec.Struct, frozen=True, kw_only=True):
    """A request's head. `headers` are by their names in lower case, those that came twice joined
    by a comma; `pairs` as they came.
    """

    method: str
    path: str
    query: bytes
    headers: dict[str, str]
    pairs: tuple[tuple[bytes, bytes], ...]


class Exchange(Connection):
    """One connection: a request and its answer."""

    def __init__(self, stream: trio.abc.HalfCloseableStream) -> None:
        super().__init__(stream)
        self._read_whole: Callable[[], None] | None = None

    def when_read(self, tell: Callable[[], None]) -> None:
        """Call this once, when the whole request has been read."""
        self._read_whole = tell

    async def head(self) -> Heard | None:
        """The request's head; None if nobody asks anything. Raises Refusal."""
        try:
            with trio.fail_after(HEAD_SECONDS):
                head = await self._next()
        except trio.TooSlowError:
            raise bad_request("the request did not come in time", status=408) from None
        except h11.RemoteProtocolError as exc:
            status = exc.error_status_hint
            raise bad_request(f"this is no request: {exc}", status=status) from exc
        if not isinstance(head, h11.Request):
            return None
        path, _, query = head.target.partition(b"?")
        headers: dict[str, str] = {}
        for raw, value in head.headers:
            name, text = raw.decode("ascii").lower(), value.decode("latin-1")
            headers[name] = f"{headers[name]}, {text}" if name in headers else text
        return Heard(
            method=head.method.decode("ascii"), path=path.decode("ascii", "replace"),
            query=query, headers=headers, pairs=tuple(head.headers),
        )  # fmt: skip

    async def body(self) -> bytes:
        """The request's body. Raises Refusal."""
        try:
            with trio.fail_after(BODY_SECONDS):
                body = await self._body(MOST_BODY)
        except trio.TooSlowError:
            raise bad_request("the request did not come in time", status=408) from None
        except OperatorError as exc:
            raise bad_request(exc.what, code="too_large", status=413) from None
        except h11.RemoteProtocolError as exc:
            raise bad_request(f"this is no request: {exc}") from exc
        if self._read_whole is not None:
            self._read_whole()
            self._read_whole = None
        return body

    async def begin(self, status: int, headers: Iterable[tuple[Any, Any]]) -> None:
        """Begin an answer. Raises trio.BrokenResourceError if nobody reads."""
        self.has_begun = True
        given = [*headers, ("connection", "close")]
        await self._send(h11.Response(status_code=status, headers=given))

    async def piece(self, data: bytes) -> None:
        """Send some of its body; waits for a slow reader, for so long."""
        if data:
            await self._send(h11.Data(data=data))

    async def end(self) -> None:
        """Say that it is whole."""
        await self._send(h11.EndOfMessage())

    async def json(self, status: int, value: Any, headers: Headers) -> None:
        """Answer with one JSON value."""
        data = msgspec.json.encode(value)
        length = ("content-length", str(len(data)))
        await self.begin(status, [("content-type", "application/json"), length, *headers])
        await self.piece(data)
        await self.end()

    async def refuse(self, refusal: Refusal, *, anthropic: bool) -> None:
        """Say no, in the client's protocol."""
        value = refusal.anthropic() if anthropic else refusal.openai()
        # The host has tried again already, or will say the same again.
        headers = [*refusal.headers, ("x-should-retry", "false")]
        await self.json(refusal.status, value, headers)
        await self.linger()
