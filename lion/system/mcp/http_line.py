"""Look here if you want to know how lion speaks with a server at a URL: each message is a request
through the http door (streamable HTTP), and answers come back as the SDK reads them.

Rule: what fails is the answer of the request that failed, so that nobody waits for it.
Rule: a server's own stream (GET) is not opened: lion wants nothing that it did not ask for.
"""

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

import anyio
import trio
from mcp.shared.message import SessionMessage
from mcp.types import (
    ErrorData,
    JSONRPCError,
    JSONRPCMessage,
    JSONRPCRequest,
    JSONRPCResponse,
)

from lion.domain.call import CallError
from lion.domain.text import show_line
from lion.system.mcp.inbound import Fault, Inbound

AT_ONCE: Final = 16
"""Requests under way."""
FAILED: Final = -32000
"""The error of a request that came to no answer."""
SESSION: Final = "mcp-session-id"
VERSION: Final = "mcp-protocol-version"
LONGEST_SESSION: Final = 1_000

Hear = Callable[[str], Awaitable[bool]]
Post = Callable[[bytes, Mapping[str, str], Hear], Awaitable[tuple[int, Mapping[str, str]]]]


class HttpLine:
    """A server at a URL, as the SDK's transport."""

    def __init__(self, post: Post) -> None:
        self._post = post
        self._places = trio.CapacityLimiter(AT_ONCE)
        self._session: dict[str, str] = {}
        self._version: dict[str, str] = {}
        self.inbound = Inbound()
        self.fault = ""
        self.last_words = ""

    async def __aenter__(self) -> tuple[Any, Any]:
        self._give, reading = anyio.create_memory_object_stream[Any](0)
        writing, take = anyio.create_memory_object_stream[Any](0)
        self._manager = trio.open_nursery()
        self._nursery = await self._manager.__aenter__()
        self._nursery.start_soon(self._write, take)
        self._streams = (self._give, reading, writing, take)
        return reading, writing

    async def __aexit__(self, *exc: Any) -> None:
        try:
            self._nursery.cancel_scope.cancel()
            await self._manager.__aexit__(None, None, None)
        finally:
            for stream in self._streams:
                stream.close()

    async def _write(self, take: Any) -> None:
        async with take:
            async for item in take:
                place = object()
                await self._places.acquire_on_behalf_of(place)
                self._nursery.start_soon(self._send, item, place)

    async def _send(self, item: SessionMessage, place: object) -> None:
        try:
            await self._ask(item)
        except Fault as exc:
            self.fault = str(exc)
            self._give.close()
        except (anyio.BrokenResourceError, anyio.ClosedResourceError):
            pass  # we have left
        finally:
            self._places.release_on_behalf_of(place)

    async def _ask(self, item: SessionMessage) -> None:
        message = item.message
        self.inbound.ask()
        headers = {**self._version, **self._session}
        headers |= {
            k.lower(): v for k, v in (getattr(item.metadata, "headers", None) or {}).items()
        }
        body = message.model_dump_json(by_alias=True, exclude_unset=True).encode()
        is_answered = False

        async def hear(text: str) -> bool:
            nonlocal is_answered
            is_answered = await self._hand_on(message, text) or is_answered
            return is_answered

        told = "it gave no answer"
        try:
            status, answered = await self._post(body, headers, hear)
            if len(session := answered.get(SESSION, "")) in range(1, LONGEST_SESSION):
                self._session = {SESSION: session}
            told = f"it answered with status {status}" if status != 200 else told
        except CallError as exc:
            told = f"{exc.case}: {exc.text}"
        if isinstance(message, JSONRPCRequest) and not is_answered:
            error = ErrorData(code=FAILED, message=show_line(told, longest=500))
            failed = JSONRPCError(jsonrpc="2.0", id=message.id, error=error)
            await self._give.send(SessionMessage(failed))

    async def _hand_on(self, asked: JSONRPCMessage, text: str) -> bool:
        """Give what was said to the session; whether it answers what was asked."""
        message = self.inbound.message(text)
        if message is None:
            return False
        is_answer = isinstance(message, JSONRPCResponse | JSONRPCError)
        if is_answer and not (isinstance(asked, JSONRPCRequest) and _same(message, asked)):
            return False  # of another request, or of none
        if isinstance(message, JSONRPCResponse) and "protocolVersion" in message.result:
            self._version = {VERSION: str(message.result["protocolVersion"])[:40]}
        await self._give.send(SessionMessage(message))
        return is_answer


def _same(message: JSONRPCMessage, asked: JSONRPCRequest) -> bool:
    return json.dumps(getattr(message, "id", None)) == json.dumps(asked.id)
