"""Look here if you want to know what a call of a tool over MCP takes: lion's, decided and recorded
and in a fresh instance, beside a function of the official SDK's bare server on the same wire.
"""

import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import trio

from benchmarks.measure import Work

ROOT = Path(__file__).parents[1]
_HELLO = {
    "protocolVersion": "2025-11-25",
    "capabilities": {},
    "clientInfo": {"name": "bench", "version": "1"},
}
_MANIFEST = f"""name = "bench"
[plugins.calculator]
component = "{ROOT / "plugins-wasm" / "calculator.wasm"}"
[system.desk]
use = "mcp-client"
allow.tools = ["calculator.add"]
"""


class _Line:
    """A client that asks and waits, one line each."""

    def __init__(self, end: trio.SocketStream) -> None:
        self._end = end
        self._number = 0

    async def ask(self, method: str, params: Any) -> Any:
        self._number += 1
        asked = {"jsonrpc": "2.0", "id": self._number, "method": method, "params": params}
        await self._end.send_all(json.dumps(asked).encode() + b"\n")
        held = b""
        while not held.endswith(b"\n"):
            held += await self._end.receive_some(65_536)
        return json.loads(held)["result"]

    async def greet(self) -> None:
        await self.ask("initialize", _HELLO)
        note = {"jsonrpc": "2.0", "method": "notifications/initialized"}
        await self._end.send_all(json.dumps(note).encode() + b"\n")

    async def work(self, name: str, count: int) -> None:
        for _ in range(count):
            result = await self.ask("tools/call", {"name": name, "arguments": {"a": 1, "b": 2}})
            assert result["structuredContent"] == {"result": 3}


async def _bare(far: trio.SocketStream) -> None:
    """The SDK's server with one function, and the wire that lion has."""
    from mcp.server.lowlevel import Server
    from mcp.types import CallToolResult, ListToolsResult, TextContent, Tool

    from lion.mcp.wire import open_wire

    schema: dict[str, Any] = {"type": "object"}
    tools = ListToolsResult(tools=[Tool(name="add", input_schema=schema, output_schema=schema)])

    async def list_tools(context: Any, params: Any) -> ListToolsResult:
        return tools

    async def call(context: Any, params: Any) -> CallToolResult:
        total = params.arguments["a"] + params.arguments["b"]
        content = [TextContent(text=str(total))]
        return CallToolResult(content=content, structured_content={"result": total})

    server = Server("bare", on_list_tools=list_tools, on_call_tool=call)
    async with open_wire(far, far) as (reading, writing):
        await server.run(reading, writing, server.create_initialization_options())


@asynccontextmanager
async def open_calls() -> AsyncIterator[dict[str, Work]]:
    """A call of lion's and one of the SDK's server."""
    from lion.mcp.entry import serve_streams
    from lion.opening import open_host
    from lion.plans import read_manifest

    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        path = folder / "manifest.toml"
        path.write_text(_MANIFEST)
        plan = read_manifest(str(path), {})
        host = await stack.enter_async_context(
            open_host(state=folder / "state", cache=folder / "cache")
        )
        nursery = await stack.enter_async_context(trio.open_nursery())
        works: dict[str, Work] = {}
        ends = []
        for who, tool in (("lion", "calculator_add"), ("mcp", "add")):
            near, far = map(trio.SocketStream, trio.socket.socketpair())
            ends += [near, far]
            if who == "lion":
                serve = partial(serve_streams, host, plan, "desk", far, far, may_approve=False)
                nursery.start_soon(serve)
            else:
                nursery.start_soon(_bare, far)
            line = _Line(near)
            await line.greet()
            works[who] = partial(line.work, tool)
        yield works
        for end in ends:
            await trio.aclose_forcefully(end)
        nursery.cancel_scope.cancel()
