"""Look here if you want to know how tools are offered over HTTP, by the protocol's official SDK:
its requests and answers as ASGI has them, over the gateway's own connections.

Rule: the same answers as `lion mcp serve` gives, for the holder of whose token it is; nothing
approves here.
Rule: each request is by itself, so nobody's session is another's.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import trio
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager

from lion.gateway.exchange import Exchange, Heard
from lion.gateway.refusals import Refusal
from lion.gateway.routes import Bridge
from lion.kernel.session import Session
from lion.mcp.calls import Calls
from lion.mcp.server import Service
from lion.system.mcp.inbound import hush


@asynccontextmanager
async def open_bridge(title: str, sessions: Mapping[str, Session]) -> AsyncIterator[Bridge]:
    """What answers requests of the protocol, for each of these clients."""
    hush()
    async with AsyncExitStack() as stack:
        nursery = await stack.enter_async_context(trio.open_nursery())
        managers = {}
        for name, session in sessions.items():
            service = Service(session, Calls(session, nursery), None, False)
            manager = StreamableHTTPSessionManager(service.server(title), stateless=True)
            managers[name] = await stack.enter_async_context(_running(manager))

        async def bridge(exchange: Exchange, heard: Heard, name: str) -> None:
            if heard.method != "POST":  # nothing is told that nobody asked for
                words = "there is POST alone here"
                raise Refusal(405, "invalid_request_error", "method_not_allowed", words)
            crossing = _Crossing(exchange, await exchange.body())
            scope = {
                "type": "http", "http_version": "1.1", "method": heard.method, "scheme": "http",
                "path": heard.path, "raw_path": heard.path.encode(), "root_path": "",
                "query_string": heard.query, "headers": list(heard.pairs), "state": {},
            }  # fmt: skip
            await managers[name].handle_request(scope, crossing.receive, crossing.send)

        yield bridge
        nursery.cancel_scope.cancel()


@asynccontextmanager
async def _running(
    manager: StreamableHTTPSessionManager,
) -> AsyncIterator[StreamableHTTPSessionManager]:
    async with manager.run():
        yield manager


class _Crossing:
    """One request and its answer, as ASGI has them."""

    def __init__(self, exchange: Exchange, body: bytes) -> None:
        self._exchange = exchange
        self._body: bytes | None = body

    async def receive(self) -> dict[str, Any]:
        """The request; after that, that nobody has left: who leaves is cut by the door."""
        if self._body is None:
            await trio.sleep_forever()
        body, self._body = self._body, None
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(self, message: Any) -> None:
        """Some of the answer."""
        if message["type"] == "http.response.start":
            await self._exchange.begin(message["status"], message.get("headers", ()))
            return
        await self._exchange.piece(message.get("body", b""))
        if not message.get("more_body"):
            await self._exchange.end()
