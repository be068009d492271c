"""Clients of server-sent events that are not ours follow the log, are cut off, resume, and have
every record once: curl, and npm's `eventsource`.
"""

import fcntl
import os
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from shutil import which

import pytest
import trio

from lion.domain.task import Role
from lion.history import open_history
from lion.web.tcp import Place
from tests.service.rig import living_in, settings_of
from tests.web.kit import SECONDS, Web, web_at
from tests.web.test_events import done, positions

PACKAGE = "eventsource@4.1.1"
SCRIPT = Path(__file__).with_name("follow.mjs")
ENOUGH = 15
"""Events after which a connection is cut, in the middle of the next one."""


class Cutter:
    """A proxy that cuts each connection when so many events, or lines, went through it."""

    def __init__(self, enough: int = ENOUGH, begins: bytes = b"event: ") -> None:
        self.times = 0
        self._enough = enough
        self._begins = begins
        self.port = 0

    async def run(self, listener: trio.SocketListener, port: int) -> None:
        """Pass on whatever comes, to a port."""
        await trio.serve_listeners(partial(self._pass_on, port=port), [listener])

    async def _pass_on(self, near: trio.SocketStream, port: int) -> None:
        async with (
            near,
            await trio.open_tcp_stream("127.0.0.1", port) as far,
            trio.open_nursery() as nursery,
        ):
            nursery.start_soon(self._ask, near, far)
            await self._answer(far, near)
            nursery.cancel_scope.cancel()

    async def _ask(self, near: trio.SocketStream, far: trio.SocketStream) -> None:
        try:
            async for piece in near:
                await far.send_all(piece)
        except (trio.BrokenResourceError, trio.ClosedResourceError):
            pass

    async def _answer(self, far: trio.SocketStream, near: trio.SocketStream) -> None:
        count = 0
        try:
            async for piece in far:
                for part in bytes(piece).splitlines(keepends=True):
                    count += part.startswith(self._begins)
                    if count > self._enough:
                        await near.send_all(part[:3])
                        self.times += 1
                        return
                    await near.send_all(part)
        except (trio.BrokenResourceError, trio.ClosedResourceError):
            pass


@asynccontextmanager
async def behind(folder: Path, cutter: Cutter) -> AsyncIterator[tuple[Web, str]]:
    """A service behind a cutter, and its URL."""
    (listener,) = await trio.open_tcp_listeners(0, host="127.0.0.1")
    origin = f"http://127.0.0.1:{listener.socket.getsockname()[1]}"
    async with (
        living_in(folder) as living,
        web_at(living, Place(port=0, proxy=origin)) as web,
        trio.open_nursery() as nursery,
    ):
        nursery.start_soon(cutter.run, listener, web.doors.port)
        yield web, origin
        nursery.cancel_scope.cancel()


@asynccontextmanager
async def cut(folder: Path) -> AsyncIterator[tuple[Cutter, str, str]]:
    """A service with some records behind a cutter; the URL of its events and a token."""
    cutter = Cutter()
    async with behind(folder, cutter) as (web, origin):
        await done(web.living, 8)
        yield cutter, f"{origin}/events", web.tokens[Role.VIEWER]


@pytest.mark.skipif(which("curl") is None, reason="no curl is installed")
async def test_curl_has_every_record_once(tmp_path: Path) -> None:
    async with cut(tmp_path) as (cutter, url, token):
        expected = positions(tmp_path, 0)
        seen: list[int] = []
        last = "0"
        with trio.fail_after(SECONDS):
            while len(seen) < len(expected):
                came = await _curl(url, token, last, len(expected) - len(seen))
                seen += came
                last = str(seen[-1])
        assert seen == expected
        assert cutter.times >= 3


async def _curl(url: str, token: str, last: str, left: int) -> list[int]:
    """The ids of the events that came whole, until it is cut off or there are so many."""
    words = ["curl", "--silent", "--no-buffer", "--noproxy", "*"]
    words += ["-H", f"Authorization: Bearer {token}", "-H", f"Last-Event-ID: {last}", url]
    found: list[int] = []
    text = b""
    async with trio.open_nursery() as nursery:
        process = await nursery.start(
            partial(trio.run_process, words, stdout=subprocess.PIPE, check=False)
        )
        async with process.stdout:
            async for piece in process.stdout:
                text += bytes(piece)
                *blocks, text = text.split(b"\n\n")
                for block in blocks:
                    fields = dict(line.split(b": ", 1) for line in block.split(b"\n"))
                    if b"data" in fields:
                        found.append(int(fields[b"id"]))
                if len(found) == left:
                    nursery.cancel_scope.cancel()
    return found


@pytest.mark.slow
@pytest.mark.skipif(which("npm") is None, reason="no npm is installed")
async def test_eventsource_has_every_record_once(tmp_path: Path) -> None:
    packages = await trio.to_thread.run_sync(packages_of)
    async with cut(tmp_path) as (cutter, url, token):
        expected = positions(tmp_path, 0)
        with open_history(settings_of(tmp_path)) as reader:
            runs = [*reader.chains(), *(one.run for one in reader.runs())]
            types = {record.type for run in runs for record in reader.records(run)}
        words = ["node", str(SCRIPT), str(packages), f"{url}?after=0", token]
        words += [str(len(expected)), *types]
        with trio.fail_after(2 * SECONDS):
            ended = await trio.run_process(words, capture_stdout=True)
        lines = [line.split() for line in ended.stdout.decode().splitlines()]
        assert [int(position) for _, _, position in lines] == expected
        assert all(id == position for id, _, position in lines)
        assert cutter.times >= 3


def packages_of() -> Path:
    """A folder that has the client, installed once."""
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    folder = Path(cache) / "lion-tests" / PACKAGE
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "whole").exists():
            (folder / "package.json").write_text("{}")
            words = ["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"]
            subprocess.run([*words, PACKAGE], cwd=folder, check=True, timeout=600)
            (folder / "whole").touch()
    return folder
