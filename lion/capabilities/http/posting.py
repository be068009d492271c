"""Look here if you want to know how a server of the Model Context Protocol at a URL is asked: each
message is a POST through the http door, and what comes back is one JSON text or a stream of them.

Rule: the URL is the operator's, who has agreed to it; what it resolves to is vetted as for guests.
Rule: redirects are not followed, and an answer is bounded before it is read.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from lion.capabilities.http.contract import Exchange, HttpDoor, OutgoingRequest, Terms, Times
from lion.capabilities.models.sse import DOCUMENT, SseParser
from lion.domain.call import CallError
from lion.domain.plan import SECOND
from lion.scopes.http_grant import host_addresses
from lion.scopes.http_url import parse_url

MOST_BYTES: Final = 4 * 1024 * 1024
"""Of one answer, with all that it streams."""
AT_ONCE: Final = 32
"""Connections."""

Hear = Callable[[str], Awaitable[bool]]
"""Is told each text; True if no more is wanted."""
Post = Callable[[bytes, Mapping[str, str], Hear], Awaitable[tuple[int, Mapping[str, str]]]]
"""Sends a body with headers and tells what comes; the status and headers. Raises CallError."""


class Posting:
    """The way to one server."""

    def __init__(self, door: HttpDoor, name: str, settings: Mapping[str, Any]) -> None:
        self._door = door
        self._name = name
        self._url = str(settings["url"])
        self._key = settings.get("key")
        self._addresses = tuple(settings.get("addresses") or ())

    async def post(
        self, body: bytes, headers: Mapping[str, str], hear: Hear
    ) -> tuple[int, Mapping[str, str]]:
        """See Post."""
        request = OutgoingRequest(
            method="POST",
            url=self._url,
            headers=(
                ("content-type", "application/json"),
                ("accept", "application/json, text/event-stream"),
                *headers.items(),
            ),
            body=body,
            terms=self._terms(),
        )
        async with self._door.open(request) as exchange:
            await _read(exchange, hear)
            return exchange.status, dict(exchange.headers)

    def _terms(self) -> Terms:
        hour = 3_600 * SECOND
        return Terms(
            pool=f"mcp {self._name}",
            addresses=(*self._addresses, *host_addresses(parse_url(self._url).host)),
            required=(self._key,) if self._key else (),
            connections=AT_ONCE,
            redirects=0,
            # Whoever waits has a deadline of its own.
            times=Times(head_ns=hour, idle_ns=hour, total_ns=hour),
        )


async def _read(exchange: Exchange, hear: Hear) -> None:
    parser, size = SseParser(), 0
    kind = dict(exchange.headers).get("content-type", "").partition(";")[0].strip().lower()
    held = b""
    while piece := await exchange.receive():
        size += len(piece)
        if size > MOST_BYTES:
            raise CallError("exhausted", f"the answer has more than {MOST_BYTES:,} bytes")
        if kind != "text/event-stream":
            held += piece
            continue
        for event in parser.feed(piece):
            if event.type != DOCUMENT and await hear(event.data):
                return
    if held:
        await hear(held.decode("utf-8", "replace"))
