"""Look here if you want to know how a server's program is started, what is read of it, and how it
ends with all that it has started.

Rule: it is outside of the sandbox. Its environment has what the manifest says and nothing else.
Rule: a message is bounded, and so is how many come that nobody asked for; who says more is ended.
Rule: what it starts ends with it: its session, what descends from it, and what carries its mark.
"""

import os
import secrets
import signal
import subprocess
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import anyio
import trio
from mcp.shared.message import SessionMessage
from mcp.types import JSONRPCNotification, JSONRPCRequest
from mcp.types.jsonrpc import jsonrpc_message_adapter
from pydantic import ValidationError

from lion.domain.text import show_line
from lion.system.mcp.lines import Lines

LONGEST: Final = 1024 * 1024
"""Bytes of a message."""
MOST_UNASKED: Final = 1_000
"""Messages since the last of ours: what comes beyond is a flood."""
MOST_ASKED: Final = 8
"""Different things it asked of us that are told."""
LAST_WORDS: Final = 1_000
"""Characters of what it said on standard error last."""
GRACE: Final = 1.0
"""Seconds that it has to end by itself."""
MARK: Final = "LION_MCP_SERVER"
"""The variable by which what it has started is known."""


class Fault(Exception):
    """What ended the conversation, for people."""


class ServerProcess:
    """A server that runs, as the SDK's transport: entered, it gives what messages are read from
    and written to.
    """

    def __init__(self, command: Sequence[str], env: Mapping[str, str], folder: Path) -> None:
        self._command = list(command)
        self._mark = secrets.token_hex(16)
        self._env = {**env, MARK: self._mark}
        self._folder = folder
        self._process: trio.Process | None = None
        self._unasked = 0
        self._errors: deque[str] = deque(maxlen=LAST_WORDS)
        self.fault = ""
        """Why the conversation ended, if it was not we who ended it."""
        self.asked: list[str] = []
        """What it asked of us, and was refused, by method."""

    async def __aenter__(self) -> tuple[Any, Any]:
        try:
            self._process = await trio.lowlevel.open_process(
                self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                stderr=subprocess.PIPE, env=self._env, cwd=self._folder, start_new_session=True,
            )  # fmt: skip
        except (OSError, ValueError) as exc:
            raise Fault(f"it cannot be started: {exc}") from exc
        give, reading = anyio.create_memory_object_stream[Any](0)
        writing, take = anyio.create_memory_object_stream[Any](0)
        self._manager = trio.open_nursery()
        self._nursery = await self._manager.__aenter__()
        self._nursery.start_soon(self._read, give)
        self._nursery.start_soon(self._write, take)
        self._nursery.start_soon(self._listen)
        return reading, writing

    async def __aexit__(self, *exc: Any) -> None:
        try:
            with trio.CancelScope(shield=True):
                await self._end()
        finally:
            self._nursery.cancel_scope.cancel()
            await self._manager.__aexit__(None, None, None)

    @property
    def last_words(self) -> str:
        """The end of what it wrote to standard error, on one line."""
        return show_line("".join(self._errors).strip())

    async def _read(self, give: Any) -> None:
        assert self._process is not None and self._process.stdout is not None
        lines = Lines(self._process.stdout, LONGEST, skips=False)
        async with give:
            try:
                while True:
                    await self._hand_on(give, await lines.next())
            except EOFError:
                self.fault = self.fault or "it has ended"
            except Fault as exc:
                self.fault = str(exc)
            except (trio.BrokenResourceError, trio.ClosedResourceError):
                self.fault = self.fault or "it has ended"
            except (anyio.BrokenResourceError, anyio.ClosedResourceError):
                pass  # we have left

    async def _hand_on(self, give: Any, line: bytes | None) -> None:
        self._unasked += 1
        if line is None:
            raise Fault(f"it said more than {LONGEST:,} bytes at once")
        if self._unasked > MOST_UNASKED:
            raise Fault(f"it said more than {MOST_UNASKED:,} things that nobody asked for")
        try:
            message = jsonrpc_message_adapter.validate_json(line, by_name=False)
        except ValidationError:
            return  # programs print things; what is no message says nothing
        if isinstance(message, JSONRPCRequest) and message.method != "ping":
            self._note(message.method)
        await give.send(SessionMessage(message))

    def _note(self, method: str) -> None:
        shown = show_line(method, longest=80)
        if shown not in self.asked and len(self.asked) < MOST_ASKED:
            self.asked.append(shown)

    async def _write(self, take: Any) -> None:
        assert self._process is not None and self._process.stdin is not None
        async with take:
            try:
                async for item in take:
                    message = item.message
                    if isinstance(message, JSONRPCRequest | JSONRPCNotification):
                        self._unasked = 0
                    data = message.model_dump_json(by_alias=True, exclude_unset=True)
                    await self._process.stdin.send_all(data.encode() + b"\n")
            except (trio.BrokenResourceError, trio.ClosedResourceError):
                self.fault = self.fault or "it has ended"

    async def _listen(self) -> None:
        assert self._process is not None and self._process.stderr is not None
        with suppress(trio.BrokenResourceError, trio.ClosedResourceError):
            while chunk := await self._process.stderr.receive_some(4_096):
                self._errors.extend(bytes(chunk[-LAST_WORDS:]).decode("utf-8", "replace"))

    async def _end(self) -> None:
        """Let it end by itself, for a moment; then end it and all that it has started."""
        process = self._process
        assert process is not None and process.stdin is not None
        started = list(descendants(process.pid))
        with suppress(trio.BrokenResourceError, trio.ClosedResourceError):
            await process.stdin.aclose()
        with trio.move_on_after(GRACE):
            await process.wait()
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        for _ in range(16):  # what starts others while it is ended
            left = {*started, *marked(self._mark)} - {os.getpid()}
            left |= {below for pid in left for below in descendants(pid)}
            alive = [pid for pid in left if _end_one(pid)]
            started = []
            if not alive:
                break
        await process.wait()


def _end_one(pid: int) -> bool:
    """Kill a process; whether it was there."""
    try:
        os.kill(pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def descendants(pid: int) -> Iterator[int]:
    """Processes that this one has started, and those, as far as the system says."""
    parents: dict[int, list[int]] = {}
    for one, text in _files("stat"):
        with suppress(ValueError, IndexError):
            parents.setdefault(int(text.rpartition(b")")[2].split()[1]), []).append(one)
    waiting = [pid]
    while waiting:
        for child in parents.get(waiting.pop(), ()):
            waiting.append(child)
            yield child


def marked(mark: str) -> set[int]:
    """Processes that were started with this mark in their environment."""
    wanted = f"{MARK}={mark}".encode()
    return {pid for pid, text in _files("environ") if wanted in text.split(b"\0")}


def _files(name: str) -> Iterator[tuple[int, bytes]]:
    """A file of each process, where there is /proc."""
    with suppress(OSError):
        for entry in os.scandir("/proc"):
            if entry.name.isdecimal():
                with suppress(OSError), open(f"/proc/{entry.name}/{name}", "rb") as file:
                    yield int(entry.name), file.read(256 * 1024)
