"""Servers of MCP at a URL are asked through the http door: vetted, bounded, with keys where their
audience has the host.
"""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import trio

from lion.domain.hidden import Hidden
from lion.errors import OperatorError
from lion.history import replay_run
from tests.mcp.kit import desk, manifest, plugin
from tests.mcp.over_http import serving
from tests.mcp.remote_kit import Place, value


def asking(url: str, *lines: str, grant: str = "far.*", tool: str = "far.calculator-add") -> str:
    """A manifest in which a guest calls a tool of a server at a URL."""
    given = f"""{{ name = "{tool}", arguments = '{{"a": 1, "b": 2}}' }}"""
    return manifest(
        "\n".join(["[mcp.far]", f'url = "{url}"', *lines]),
        plugin("probe", f'allow.tools = ["{grant}"]'),
        f'[[run]]\ncall = "probe.tools-call"\nwith = {given}',
    )


@asynccontextmanager
async def at_url(folder: Path) -> AsyncIterator[str]:
    """lion's own tools, served over HTTP."""
    there = Place(folder)
    there.plan(manifest(plugin("calculator"), desk("calculator.*")))
    async with serving(there.settings, there.path, may_approve=False) as url:
        yield url


def two(tmp_path: Path) -> tuple[Path, Place]:
    for name in ("served", "asking"):
        (tmp_path / name).mkdir()
    return tmp_path / "served", Place(tmp_path / "asking")


async def test_a_guest_calls_a_tool_at_a_url_with_a_grant_and_not_without(tmp_path: Path) -> None:
    served, there = two(tmp_path)
    async with at_url(served) as url:
        text = asking(url)
        await there.pin(text)
        assert '"result":3' in value(await there.run(text))
        refused = await there.run(asking(url, grant="far.calculator-subtract"))
        assert refused.denied == 1
        assert '"result":3' in value(await there.run(text))
    report = await replay_run(there.settings, "last")
    assert report.identical


JSON = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n\r\n"
EVENTS = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n"
NOTE = b'data: {"jsonrpc":"2.0","method":"notifications/message","params":{}}\n\n'


@asynccontextmanager
async def crooked(answer: bytes) -> AsyncIterator[tuple[str, list[bytes]]]:
    """A server that answers everything alike; and what it was asked."""
    asked: list[bytes] = []

    async def handle(stream: trio.SocketStream) -> None:
        request = b""
        while b"\r\n\r\n" not in request:
            request += await stream.receive_some(65_536)
        head, _, body = request.partition(b"\r\n\r\n")
        (length,) = re.findall(rb"content-length: (\d+)", head.lower())
        while len(body) < int(length):
            body += await stream.receive_some(65_536)
        asked.append(request)
        with trio.move_on_after(10):
            try:
                await stream.send_all(answer)
            except trio.BrokenResourceError:
                return
        await stream.aclose()

    async with trio.open_nursery() as nursery:
        listeners = await nursery.start(partial(trio.serve_tcp, handle, 0, host="127.0.0.1"))
        port = listeners[0].socket.getsockname()[1]
        yield f"http://127.0.0.1:{port}/mcp", asked
        nursery.cancel_scope.cancel()


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (EVENTS + NOTE * 3_000, "that nobody asked for"),
        (JSON + b'"' + b"x" * 5_000_000, "more than 4,194,304 bytes"),
        (b"HTTP/1.1 302 Found\r\nlocation: http://169.254.169.254/\r\n\r\n", "status 302"),
        (b"HTTP/1.1 500 Oops\r\ncontent-length: 0\r\n\r\n", "status 500"),
        (JSON + b"nonsense", "no answer"),
        (JSON + b'{"jsonrpc":"2.0","id":"another","result":{}}', "no answer"),
    ],
)
async def test_a_server_that_lies_or_floods_is_left(
    tmp_path: Path, answer: bytes, told: str
) -> None:
    there = Place(tmp_path)
    async with crooked(answer) as (url, _):
        with pytest.raises(OperatorError, match=told):
            await there.pin(asking(url))


async def test_a_key_goes_where_its_audience_is_and_nowhere_else(tmp_path: Path) -> None:
    async with crooked(JSON + b"{}") as (url, asked):
        for audience, is_told in ((url.removesuffix("/mcp"), True), ("https://x.org", False)):
            there = Place(tmp_path)
            there.settings = _with_secret(there, audience)
            with pytest.raises(OperatorError):
                await there.pin(asking(url, 'key = "token"'))
            found = any(b"s3cret-s3cret-s3cret" in request for request in asked)
            assert found is is_told
            asked.clear()


def _with_secret(there: Place, audience: str) -> Any:
    import msgspec

    bound = {"LION_SECRET_TOKEN": Hidden(f"{audience} s3cret-s3cret-s3cret")}
    return msgspec.structs.replace(there.settings, variables=bound)


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ('url = "http://ann:pw@example.com/"', "expected a URL"),
        ('url = "https://example.com/"\ncommand = ["x"]', "either 'command' or 'url'"),
        ('url = "https://example.com/"\nsecrets = { A = "b" }', "of a program"),
        ('command = ["x"]\nkey = "token"', "of a url"),
        ("limits = {}", "either 'command' or 'url'"),
        ("command = []", "at least 1"),
    ],
)
def test_a_table_that_makes_no_sense_is_refused(tmp_path: Path, lines: str, told: str) -> None:
    with pytest.raises(OperatorError, match=told):
        Place(tmp_path).plan(f'name = "x"\n[mcp.far]\n{lines}\n')
