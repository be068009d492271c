"""Look here if you want to know how one request is read from a connection and answered.

Rule: whoever speaks is taken for hostile: what he sends is bounded in size and time before
anything comes of it, and half a request that goes no further is given up.
Rule: one connection has one request; nobody keeps one open for what may come.
Rule: who reads slowly waits by himself: an answer that goes on is read from the log at his pace.
"""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Final
from urllib.parse import parse_qsl, unquote, urlsplit

import h11
import msgspec
import trio

from lion.errors import LionError, OperatorError
from lion.service.problems import problem_of

HEAD_SECONDS: Final = 10.0
BODY_SECONDS: Final = 30.0
SEND_SECONDS: Final = 30.0
"""How long one piece of an answer may wait for who reads it."""
LINGER_SECONDS: Final = 1.0
MOST_HEAD: Final = 16 * 1024
MOST_BODY: Final = 1024 * 1024
_CHUNK: Final = MOST_HEAD


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """What was asked: `path` in its parts, decoded; `query` the last of each name."""

    method: str
    path: tuple[str, ...]
    query: dict[str, str] = {}
    body: bytes = b""

    def json(self) -> dict[str, object]:
        """The body as a JSON object; none is an empty one. Raises OperatorError."""
        if not self.body:
            return {}
        try:
            return msgspec.json.decode(self.body, type=dict[str, object])
        except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as exc:
            raise bad_request(f"the body is no JSON object: {exc}") from exc


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What is answered: one JSON value, or `lines` of it that go on."""

    status: int = 200
    value: object = None
    lines: AsyncGenerator[object, None] | None = None
    kind: str = "application/json"


def bad_request(what: str, status: int = 400) -> OperatorError:
    """Build the error for a request that is none."""
    return OperatorError(what, hint="speak HTTP/1.1 and JSON, as docs/service.md says",
                         status=status)  # fmt: skip


def answer_of(error: LionError) -> Answer:
    """An error as an answer (RFC 9457)."""
    problem = problem_of(error)
    return Answer(status=problem["status"], value=problem, kind="application/problem+json")


class Connection:
    """One connection: reads its request, writes its answer. A body has at most `most_body`
    bytes.
    """

    def __init__(
        self, stream: trio.abc.HalfCloseableStream, *, most_body: int = MOST_BODY
    ) -> None:
        self._most_body = most_body
        self._stream = stream
        self.has_begun = False
        """Some of an answer was sent."""
        self._http = h11.Connection(h11.SERVER, max_incomplete_event_size=MOST_HEAD)

    async def read(self) -> Request | None:
        """The request; None if nobody asks anything. Raises OperatorError for what is none, or
        does not come.
        """
        try:
            with trio.fail_after(HEAD_SECONDS):
                head = await self._next()
            if not isinstance(head, h11.Request):
                return None
            with trio.fail_after(BODY_SECONDS):
                body = await self._body()
        except trio.TooSlowError:
            raise bad_request("the request did not come in time", 408) from None
        except h11.RemoteProtocolError as exc:
            raise bad_request(f"this is no request: {exc}", exc.error_status_hint) from exc
        parts = urlsplit(head.target.decode("ascii", "replace"))
        return Request(
            method=head.method.decode("ascii"), body=body,
            path=tuple(unquote(part) for part in parts.path.removeprefix("/").split("/")),
            query=dict(parse_qsl(parts.query)),
        )  # fmt: skip

    async def write(self, answer: Answer) -> None:
        """Answer, and say that nothing follows. Raises trio.BrokenResourceError if nobody
        reads.
        """
        self.has_begun = True
        headers = [("content-type", answer.kind), ("connection", "close")]
        if answer.lines is not None:
            headers[0] = ("content-type", "application/x-ndjson")
            await self._send(h11.Response(status_code=answer.status, headers=headers))
            async with aclosing(answer.lines):
                async for value in answer.lines:
                    await self._send(h11.Data(data=msgspec.json.encode(value) + b"\n"))
        else:
            data = msgspec.json.encode(answer.value) + b"\n"
            headers.append(("content-length", str(len(data))))
            await self._send(h11.Response(status_code=answer.status, headers=headers))
            await self._send(h11.Data(data=data))
        await self._send(h11.EndOfMessage())

    async def wait_left(self) -> None:
        """Wait until who asked has gone: what he sends besides is nobody's."""
        while await self._stream.receive_some(_CHUNK):
            pass

    async def linger(self) -> None:
        """Say that nothing follows, and read what was sent besides, so that it does not take the
        answer with it (a socket closed with something unread is reset).
        """
        with trio.move_on_after(LINGER_SECONDS):
            await self._stream.send_eof()
            await self.wait_left()

    async def _next(self) -> object:
        while (event := self._http.next_event()) is h11.NEED_DATA:
            if self._http.they_are_waiting_for_100_continue:
                await self._send(h11.InformationalResponse(status_code=100, headers=[]))
            self._http.receive_data(bytes(await self._stream.receive_some(_CHUNK)))
        return event

    async def _body(self) -> bytes:
        body = bytearray()
        while isinstance(event := await self._next(), h11.Data):
            body += event.data
            if len(body) > self._most_body:
                raise bad_request(f"the body has more than {self._most_body:,} bytes", 413)
        return bytes(body)

    async def _send(self, event: h11.Event) -> None:
        data = self._http.send(event)
        if not data:
            return
        try:
            with trio.fail_after(SEND_SECONDS):
                await self._stream.send_all(data)
        except trio.TooSlowError:
            raise trio.BrokenResourceError from None
