"""Look here if you want to know how tests speak with `lion mcp serve`: over streams in this
process, by the SDK's own client or by lines of their own.
"""

import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import anyio
import trio
import trio.testing
from mcp import Client
from mcp.shared.message import SessionMessage
from mcp.types.jsonrpc import jsonrpc_message_adapter

from lion.domain.record import Record
from lion.host import Host
from lion.log.sqlite import open_sqlite_reader
from lion.mcp.clients import with_client
from lion.mcp.entry import serve_streams
from lion.mcp.wire import LONGEST
from lion.opening import open_host
from lion.plans import read_manifest
from lion.programs.lines import Lines
from lion.review.report import RunReport
from tests.conftest import CACHE
from tests.wasm.kit import BUILT

LATEST = "2026-07-28"
ERAS = ("legacy", LATEST)
"""How the SDK's client speaks: by the handshake of 2025, or with an envelope in each request."""

PROTOCOL = "2025-11-25"
HELLO = [
    {
        "jsonrpc": "2.0",
        "id": "hello",
        "method": "initialize",
        "params": {
            "protocolVersion": PROTOCOL,
            "capabilities": {"elicitation": {}},
            "clientInfo": {"name": "raw", "version": "1"},
        },
    },
    {"jsonrpc": "2.0", "method": "notifications/initialized"},
]


def manifest(*tables: str, name: str = "served") -> str:
    """The text of a manifest."""
    return "\n\n".join([f'name = "{name}"', *tables])


def plugin(name: str, *lines: str, kind: str = "plugins", file: str = "") -> str:
    """A plugin of those that are built here."""
    component = BUILT / f"{file or name}.wasm"
    return "\n".join([f"[{kind}.{name}]", f'component = "{component}"', *lines])


def desk(*tools: str, name: str = "desk", more: str = "") -> str:
    """A client with these tools."""
    written = ", ".join(f'"{tool}"' for tool in tools)
    return f'[system.{name}]\nuse = "mcp-client"\nallow.tools = [{written}]\n{more}'


class Served:
    """A session under way. `host` answers approvals; `report` is there at its end."""

    def __init__(self, host: Host, folder: Path, end: trio.abc.Stream) -> None:
        self.host = host
        self.folder = folder
        self.end = end
        """The client's end of the wire."""
        self.report: RunReport | None = None

    @property
    def records(self) -> list[Record]:
        """Those of the run; once it has ended, all."""
        return recorded(self.folder)


def recorded(folder: Path) -> list[Record]:
    """The records of the last run, verified."""
    with open_sqlite_reader(folder / "state") as reader:
        run = reader.find("last")
        reader.verify(run)
        return list(reader.records(run))


def said(folder: Path) -> list[tuple[str, str, Any]]:
    """Who, what kind, and the event, of each of those records."""
    return [(one.principal, one.type, one.event()) for one in recorded(folder)]


@asynccontextmanager
async def open_served(
    folder: Path, text: str, *, policy: str = "", may_approve: bool = False, asks: bool = True
) -> AsyncIterator[Served]:
    """Serve a manifest's only client; whoever leaves this hangs up, and the run has ended then."""
    path = folder / "manifest.toml"
    path.write_text(text)
    (folder / "policy.toml").write_text(policy)
    plan, name = with_client(read_manifest(str(path), {}), None, {})
    near, far = map(trio.SocketStream, trio.socket.socketpair())
    cache = os.environ[CACHE]
    state, rules = folder / "state", folder / "policy.toml"
    async with open_host(state=state, policy=rules, cache=cache, asks=asks) as host:
        served = Served(host, folder, near)

        async def serve() -> None:
            served.report = await serve_streams(
                host, plan, name, far, far, may_approve=may_approve
            )

        async with trio.open_nursery() as nursery:
            nursery.start_soon(serve)
            try:
                yield served
            finally:
                await trio.aclose_forcefully(near)
        await trio.aclose_forcefully(far)


class Line:
    """The SDK's transport over one end of a wire."""

    def __init__(self, end: trio.abc.Stream) -> None:
        self._end = end

    async def __aenter__(self) -> tuple[Any, Any]:
        give, reading = anyio.create_memory_object_stream[Any](0)
        writing, take = anyio.create_memory_object_stream[Any](0)
        self._manager = trio.open_nursery()
        self._nursery = await self._manager.__aenter__()
        self._nursery.start_soon(self._read, give)
        self._nursery.start_soon(self._write, take)
        return reading, writing

    async def __aexit__(self, *exc: Any) -> None:
        self._nursery.cancel_scope.cancel()
        await self._manager.__aexit__(None, None, None)

    async def _read(self, give: Any) -> None:
        async with give:
            lines = Lines(self._end, LONGEST)
            with suppress(EOFError):
                while True:
                    line = await lines.next()
                    assert line is not None
                    message = jsonrpc_message_adapter.validate_json(line, by_name=False)
                    await give.send(SessionMessage(message))

    async def _write(self, take: Any) -> None:
        async with take:
            async for item in take:
                data = item.message.model_dump_json(by_alias=True, exclude_unset=True)
                await self._end.send_all(data.encode() + b"\n")


@asynccontextmanager
async def connected(
    folder: Path,
    text: str,
    *,
    era: str = "legacy",
    policy: str = "",
    may_approve: bool = False,
    asks: bool = True,
    **more: Any,
) -> AsyncIterator[tuple[Client, Served]]:
    """The SDK's client, connected to a manifest."""
    async with (
        open_served(folder, text, policy=policy, may_approve=may_approve, asks=asks) as served,
        Client(Line(served.end), mode=era, **more) as client,
    ):
        yield client, served


class Raw:
    """A client that writes what it likes."""

    def __init__(self, end: trio.abc.Stream) -> None:
        self.end = end
        self._lines = Lines(end, LONGEST)

    async def greet(self) -> None:
        """Shake hands."""
        for message in HELLO:
            await self.say(message)
        assert (await self.hear())["id"] == "hello"

    async def say(self, message: Any) -> None:
        """Write a message, or bytes as they are."""
        data = message if isinstance(message, bytes) else json.dumps(message).encode() + b"\n"
        await self.end.send_all(data)

    async def hear(self) -> Any:
        """The next message."""
        with trio.fail_after(60):
            line = await self._lines.next()
        assert line is not None
        return json.loads(line)

    async def hear_of(self, id: Any) -> Any:
        """The answer to this request, whatever comes before."""
        while True:
            message = await self.hear()
            if message.get("id") == id:
                return message


def asking(id: Any, name: str, **arguments: Any) -> dict[str, Any]:
    """A request that calls a tool."""
    params = {"name": name, "arguments": arguments}
    return {"jsonrpc": "2.0", "id": id, "method": "tools/call", "params": params}
