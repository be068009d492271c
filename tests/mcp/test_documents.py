"""What docs/mcp.md tells clients to start is started, and serves."""

import json
import shlex
import sys
from collections.abc import Iterator

import trio
from mcp import Client
from mcp.client.stdio import StdioServerParameters

from tests.cli.conftest import lion, stocked
from tests.cli.documents import all_blocks
from tests.cli.kit import Lion
from tests.mcp.remote_kit import server

__all__ = ["lion", "stocked"]


def commands() -> Iterator[list[str]]:
    """Each command with its arguments."""
    for block in all_blocks("json", "client"):
        told = json.loads(block.text)
        for one in (told.get("mcpServers") or told["servers"]).values():
            yield [one["command"], *one["args"]]
    for block in all_blocks("sh", "client"):
        yield from map(shlex.split, block.text.splitlines())


def test_clients_find_tools(stocked: Lion) -> None:
    async def try_all() -> list[int]:
        return [await listed(words, stocked) for words in commands()]

    counts = trio.run(try_all)
    assert len(counts) == 4 and all(counts)


async def listed(words: list[str], stocked: Lion) -> int:
    """How many tools the client sees of what it has started."""
    assert words[:3] == ["lion", "mcp", "serve"]
    server = StdioServerParameters(
        command=sys.executable,
        args=["-m", "lion", *words[1:]],
        env=dict(stocked.environ),
        cwd=stocked.folder,
    )
    with trio.fail_after(60):
        async with Client(server) as client:
            return len((await client.list_tools()).tools)


def test_a_server_is_pinned_as_the_page_says(lion: Lion) -> None:
    lion.write(f'name = "x"\n{server()}\n')
    blocks = all_blocks("sh", "server")
    assert blocks
    for block in blocks:
        for line in block.text.splitlines():
            assert lion(*shlex.split(line)[1:], "--yes").returncode == 0
