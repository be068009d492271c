"""Look here if you want to know how one request is read from a connection and answered.

Rule: whoever speaks is taken for hostile: what he sends is bounded in size and time before
anything comes of it, and half a request that goes no further is given up.
Rule: one connection has one request; nobody keeps one open for what may come.
Rule: who reads slowly waits by himself: an answer that goes on is read from the log at his pace.
Rule: what is answered is for this page alone: nobody frames it, keeps it or guesses its kind.
"""

from collections.abc import AsyncGenerator, Iterator, Mapping
from contextlib import aclosing, contextmanager
from email.utils import formatdate
from typing import Final
from urllib.parse import parse_qsl, quote, unquote, urlsplit

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

JSON: Final = "application/json"
LINES: Final = "application/x-ndjson"
PROBLEM: Final = "application/problem+json"
"""What an error is (RFC 9457)."""
HEADERS: Final[Mapping[str, str]] = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "x-frame-options": "DENY",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}
"""What every answer says to browsers, unless it says something else itself."""


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """What was asked: `path` in its parts, decoded; `query` the last of each name; `headers` by
    their names in small letters, the last of each; `origin` is how this service is addressed
    and `peer` the address that asks, both empty over the state directory's socket.
    """

    method: str
    path: tuple[str, ...]
    query: dict[str, str] = {}
    headers: dict[str, str] = {}
    body: bytes = b""
    origin: str = ""
    peer: str = ""

    def json(self) -> dict[str, object]:
        """The body as a JSON object; none is an empty one. Raises OperatorError."""
        if not self.body:
            return {}
        try:
            return msgspec.json.decode(self.body, type=dict[str, object])
        except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as exc:
            raise bad_request(f"the body is no JSON object: {exc}") from exc


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What is answered: one JSON `value`, `content` as it is, or `pieces` that go on; with status
    204 nothing.
    """

    status: int = 200
    value: object = None
    content: bytes | None = None
    pieces: AsyncGenerator[bytes, None] | None = None
    kind: str = JSON
    headers: Mapping[str, str] = {}


def created(value: object, *path: str) -> Answer:
    """Answer that something is there now, and at which path."""
    where = "/api/" + "/".join(quote(one, safe="") for one in path)
    return Answer(status=201, value=value, headers={"location": where})


def bad_request(what: str, status: int = 400) -> OperatorError:
    """Build the error for a request that is none."""
    return OperatorError(what, hint="speak HTTP/1.1 and JSON, as docs/service.md says",
                         status=status)  # fmt: skip


def answer_of(error: LionError) -> Answer:
    """An error as an answer (RFC 9457)."""
    problem = problem_of(error)
    headers = error.facts.get("headers")
    return Answer(
        status=problem["status"], value=problem, kind=PROBLEM,
        headers=headers if isinstance(headers, dict) else {},
    )  # fmt: skip


class Connection:
    """One connection: reads its request, writes its answer."""

    def __init__(self, stream: trio.abc.HalfCloseableStream | trio.abc.Stream) -> None:
        self._stream = stream
        self.has_begun = False
        """Some of an answer was sent."""
        self._is_head = False
        """It is asked for without its content."""
        self._http = h11.Connection(h11.SERVER, max_incomplete_event_size=MOST_HEAD)

    async def read_head(self) -> Request | None:
        """The request without its body; None if nobody asks anything. Raises OperatorError for
        what is none, or does not come.
        """
        with _in_time(HEAD_SECONDS):
            head = await self._next()
        if not isinstance(head, h11.Request):
            return None
        self._is_head = head.method == b"HEAD"
        try:
            parts = urlsplit(head.target.decode("ascii", "replace"))
        except ValueError as exc:  # an address with half a bracket
            raise bad_request(f"this is no address: {exc}") from None
        # h11 bounds only what is incomplete: twice as much may come whole.
        size = len(head.target) + sum(len(name) + len(value) for name, value in head.headers)
        if size > MOST_HEAD:
            raise bad_request(f"the head has more than {MOST_HEAD:,} bytes", 431)
        names = [name for name, _ in head.headers]
        for name in (b"host", b"cookie", b"authorization", b"origin"):
            if names.count(name) > 1:
                raise bad_request(f"there is more than one {name.decode()!r}")
        return Request(
            method=head.method.decode("ascii"),
            path=tuple(unquote(part) for part in parts.path.removeprefix("/").split("/")),
            query=dict(parse_qsl(parts.query)),
            headers={n.decode("ascii"): v.decode("latin-1") for n, v in head.headers},
        )  # fmt: skip

    async def read_body(self, head: Request, most: int = MOST_BODY) -> Request:
        """The request with its body, of at most so many bytes. Raises as read_head."""
        with _in_time(BODY_SECONDS):
            body = await self._body(most)
        return msgspec.structs.replace(head, body=body) if body else head

    async def write(self, answer: Answer) -> None:
        """Answer, and say that nothing follows. Raises trio.BrokenResourceError if nobody
        reads.
        """
        self.has_begun = True
        headers = {
            "date": formatdate(usegmt=True), **HEADERS, **answer.headers,
            "content-type": answer.kind, "connection": "close",
        }  # fmt: skip
        if answer.status == 204:  # what has no content has no kind and no length of it
            del headers["content-type"]
            await self._send(_response(answer.status, headers))
        elif answer.pieces is not None:
            async with aclosing(answer.pieces):
                await self._send(_response(answer.status, headers))
                if not self._is_head:
                    async for piece in answer.pieces:
                        await self._send(h11.Data(data=piece))
        else:
            data = answer.content
            if data is None:
                data = msgspec.json.encode(answer.value) + b"\n"
            await self._send(_response(answer.status, {**headers, "content-length": len(data)}))
            if not self._is_head:
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
            if isinstance(self._stream, trio.abc.HalfCloseableStream):
                await self._stream.send_eof()
            await self.wait_left()

    async def _next(self) -> object:
        while (event := self._http.next_event()) is h11.NEED_DATA:
            if self._http.they_are_waiting_for_100_continue:
                await self._send(h11.InformationalResponse(status_code=100, headers=[]))
            self._http.receive_data(bytes(await self._stream.receive_some(_CHUNK)))
        return event

    async def _body(self, most: int) -> bytes:
        body = bytearray()
        while isinstance(event := await self._next(), h11.Data):
            body += event.data
            if len(body) > most:
                raise bad_request(f"the body has more than {most:,} bytes", 413)
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


@contextmanager
def _in_time(seconds: float) -> Iterator[None]:
    """Raise OperatorError for what does not come in time, or is no HTTP."""
    try:
        with trio.fail_after(seconds):
            yield
    except trio.TooSlowError:
        raise bad_request("the request did not come in time", 408) from None
    except h11.RemoteProtocolError as exc:
        raise bad_request(f"this is no request: {exc}", exc.error_status_hint) from exc


def _response(status: int, headers: Mapping[str, object]) -> h11.Response:
    return h11.Response(status_code=status, headers=[(n, str(v)) for n, v in headers.items()])
