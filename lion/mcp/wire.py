"""Look here if you want to know how messages of the protocol come and go over a pair of streams,
one JSON object in each line.

Rule: a message is bounded before it is parsed, requests that are not answered yet in number; what
is beyond is answered with an error, so that reading goes on and a cancellation is always heard.
Rule: what is no message is answered as JSON-RPC says, and the session goes on.
Rule: a client that does not read is waited for, and nothing is gathered for it meanwhile.
Rule: nothing but messages is written to standard output: while it is claimed, whatever prints
goes to standard error.
"""

import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any, Final

import anyio
import trio
from mcp.shared.message import SessionMessage
from mcp.types import (
    ErrorData,
    JSONRPCError,
    JSONRPCMessage,
    JSONRPCNotification,
    JSONRPCRequest,
    JSONRPCResponse,
)
from mcp.types.jsonrpc import INVALID_REQUEST, PARSE_ERROR, jsonrpc_message_adapter
from pydantic import ValidationError

from lion.programs.lines import Lines

LONGEST: Final = 512 * 1024
"""Bytes of a message: a tool's arguments have at most 64 KiB, whatever JSON makes of them."""
MOST_OPEN: Final = 256
"""Requests that are not answered yet."""
BUSY: Final = -32000
"""The error of a request beyond those; of the codes that are an implementation's own."""
DRAIN: Final = 1.5
"""Seconds for answers that are due when the client has said its last."""

Streams = tuple[Any, Any]
"""What the SDK reads messages from, and writes them to."""


class Wire:
    """One client's messages. Made by open_wire."""

    def __init__(self, source: trio.abc.ReceiveStream, sink: trio.abc.SendStream) -> None:
        self._source = source
        self._sink = sink
        self._open: set[str] = set()
        self._is_idle = trio.Event()
        self._has_ended = False
        self._one_at_a_time = trio.Lock()

    async def read(self, out: Any) -> None:
        """Hand on what the client says until it ends, and answers are given."""
        async with out:
            lines = Lines(self._source, LONGEST)
            with suppress(EOFError):
                while True:
                    message = await self._message(await lines.next())
                    if message is not None:
                        await out.send(SessionMessage(message))
            self._has_ended = True
            if self._open:
                with trio.move_on_after(DRAIN):
                    await self._is_idle.wait()

    async def _message(self, line: bytes | None) -> JSONRPCMessage | None:
        """The message of a line, or None if there is none to hand on."""
        if line is None:
            await self._refuse(None, INVALID_REQUEST, f"a message has at most {LONGEST:,} bytes")
            return None
        if not line.strip():
            return None
        try:
            message = jsonrpc_message_adapter.validate_json(line, by_name=False)
        except ValidationError as exc:
            is_json = exc.errors(include_input=False)[0]["type"] != "json_invalid"
            code = INVALID_REQUEST if is_json else PARSE_ERROR
            words = "no message of JSON-RPC 2.0" if is_json else "no JSON"
            await self._refuse(None, code, words)
            return None
        if isinstance(message, JSONRPCNotification) and _has_id(line):
            await self._refuse(None, INVALID_REQUEST, "an id is a text or a whole number")
            return None
        if isinstance(message, JSONRPCRequest):
            return await self._counted(message)
        if isinstance(message, JSONRPCNotification) and message.method.endswith("/cancelled"):
            # It is never answered.
            self._settle((message.params or {}).get("requestId"))
        return message

    async def _counted(self, request: JSONRPCRequest) -> JSONRPCRequest | None:
        key = str(request.id)
        if key in self._open:
            await self._refuse(request.id, INVALID_REQUEST, "a request with this id is under way")
        elif len(self._open) >= MOST_OPEN:
            words = f"{MOST_OPEN} requests are under way, which is the limit; ask again later"
            await self._refuse(request.id, BUSY, words)
        else:
            self._open.add(key)
            return request
        return None

    async def write(self, messages: Any) -> None:
        """Write what the session says."""
        async with messages:
            async for item in messages:
                message = item.message
                await self._say(message)
                if isinstance(message, JSONRPCResponse | JSONRPCError):
                    self._settle(message.id)

    def _settle(self, id: Any) -> None:
        self._open.discard(str(id))
        if self._has_ended and not self._open:
            self._is_idle.set()

    async def _refuse(self, id: Any, code: int, words: str) -> None:
        error = ErrorData(code=code, message=words)
        await self._say(JSONRPCError(jsonrpc="2.0", id=id, error=error))

    async def _say(self, message: JSONRPCMessage) -> None:
        data = message.model_dump_json(by_alias=True, exclude_unset=True).encode() + b"\n"
        async with self._one_at_a_time:
            await self._sink.send_all(data)


def _has_id(line: bytes) -> bool:
    """Whether what was read as a notification has an id that is none."""
    return b'"id"' in line and "id" in json.loads(line)


@asynccontextmanager
async def open_wire(
    source: trio.abc.ReceiveStream, sink: trio.abc.SendStream
) -> AsyncIterator[Streams]:
    """The streams of a session with whoever is at the other end. Once that can no longer be
    written to, the session's reading ends.
    """
    wire = Wire(source, sink)
    to_session, from_client = anyio.create_memory_object_stream[Any](0)
    to_client, from_session = anyio.create_memory_object_stream[Any](0)
    async with trio.open_nursery() as nursery:

        async def until_left(work: Any, stream: Any) -> None:
            try:
                await work(stream)
            except (trio.BrokenResourceError, trio.ClosedResourceError):
                to_session.close()
            except (anyio.BrokenResourceError, anyio.ClosedResourceError):
                pass  # the session has ended

        nursery.start_soon(until_left, wire.read, to_session)
        nursery.start_soon(until_left, wire.write, from_session)
        yield from_client, to_client
        nursery.cancel_scope.cancel()


@asynccontextmanager
async def claimed_stdio() -> AsyncIterator[tuple[trio.abc.ReceiveStream, trio.abc.SendStream]]:
    """Standard input and output for the wire alone: meanwhile input is empty for all others, and
    what they print goes to standard error.
    """
    kept = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    try:
        os.dup2(nothing, 0)
        os.dup2(2, 1)
        source, sink = (trio.lowlevel.FdStream(os.dup(one)) for one in kept)
        try:
            yield source, sink
        finally:
            for stream in (source, sink):
                await trio.aclose_forcefully(stream)
    finally:
        for number, one in enumerate(kept):
            os.dup2(one, number)
            os.close(one)
        os.close(nothing)
