"""Look here if you want to know how a service answers MCP over HTTP at `/mcp`: the protocol's
official SDK has its requests and answers as ASGI; the service's own doors carry them.

Rule: each request is by itself and by one principal, so nobody's session is another's, and a
token that is revoked is good for nothing from the next request on.
Rule: the SDK is imported when the first one asks.
"""

from collections.abc import AsyncGenerator
from typing import Any, Final

import trio

from lion.domain.task import Principal, Role
from lion.errors import InternalError
from lion.service.living import Living
from lion.system.entry import check_installed
from lion.web.connection import Answer, Request
from lion.web.routes import Endpoint, Routes

LONGEST: Final = 512 * 1024
"""Bytes of a message, as over standard input (wire.py)."""
EVENTS: Final = "text/event-stream"
PATH: Final = "mcp"
_OURS: Final = ("connection", "content-length", "content-type", "date", "transfer-encoding")
"""Headers that the door writes itself."""
_SECRET: Final = ("authorization", "cookie")


def mcp_routes(living: Living) -> Routes:
    """The route, for who may give work."""
    held: list[Any] = []

    async def answer(living: Living, request: Request, by: Principal) -> Answer:
        check_installed()
        from lion.mcp.office import Catalogue, Office
        from lion.system.mcp.inbound import hush

        if not held:
            hush()
            held.append(Catalogue(living))
        crossing = _Crossing(request)
        living.service.nursery.start_soon(crossing.run, Office(living, held[0], by).server())
        return await crossing.answer()

    summary = "Speak the Model Context Protocol: what is installed, as tools."
    endpoint = Endpoint(
        run=answer, role=Role.OPERATOR, gives=EVENTS, most=LONGEST, summary=summary
    )
    return {("POST", PATH): endpoint}


class _Crossing:
    """One request and its answer, as ASGI has them."""

    def __init__(self, request: Request) -> None:
        self._request = request
        self._body: bytes | None = request.body
        self._scope = trio.CancelScope()
        self._has_begun = trio.Event()
        self._status = 0
        self._headers: dict[str, str] = {}
        self._give, self._take = trio.open_memory_channel[bytes](0)

    async def run(self, server: Any) -> None:
        """Have the SDK answer, in a task of the service's; what goes wrong is this answer's."""
        from mcp.server.streamable_http_manager import StreamableHTTPSessionManager

        manager = StreamableHTTPSessionManager(server, stateless=True)
        try:
            with self._scope:
                async with manager.run():
                    await manager.handle_request(self._asgi(), self._receive, self._send)
        except Exception:  # noqa: BLE001 - the seam: one request's bug is its own; `answer` says so
            pass
        finally:
            self._give.close()
            self._has_begun.set()

    async def answer(self) -> Answer:
        """What the door sends. Raises InternalError if there is none."""
        try:
            await self._has_begun.wait()
        except trio.Cancelled:
            self._scope.cancel()
            raise
        if not self._status:
            raise InternalError("the SDK of MCP gave no answer")
        kind = self._headers.get("content-type", "application/json")
        headers = {name: value for name, value in self._headers.items() if name not in _OURS}
        return Answer(status=self._status, pieces=self._pieces(), kind=kind, headers=headers)

    async def _pieces(self) -> AsyncGenerator[bytes, None]:
        try:
            async for piece in self._take:
                yield piece
        finally:
            self._scope.cancel()

    def _asgi(self) -> dict[str, Any]:
        said = self._request.headers.items()
        headers = [(n.encode("ascii"), v.encode("latin-1")) for n, v in said if n not in _SECRET]
        return {
            "type": "http", "http_version": "1.1", "method": self._request.method,
            "scheme": "http", "path": f"/{PATH}", "raw_path": f"/{PATH}".encode(), "root_path": "",
            "query_string": b"", "headers": headers, "state": {},
        }  # fmt: skip

    async def _receive(self) -> dict[str, Any]:
        """The request; after that nothing: who leaves is cut by the door."""
        if self._body is None:
            await trio.sleep_forever()
        body, self._body = self._body, None
        return {"type": "http.request", "body": body, "more_body": False}

    async def _send(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            self._status = message["status"]
            pairs = message.get("headers", ())
            self._headers = {n.decode("latin-1").lower(): v.decode("latin-1") for n, v in pairs}
            self._has_begun.set()
        elif body := message.get("body", b""):
            await self._give.send(body)
