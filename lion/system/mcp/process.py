"""Look here if you want to know how a server's program is started, what is read of it, and how it
ends with all that it has started.

Rule: it is outside of the sandbox. Its environment has what the manifest says and nothing else.
Rule: a message is bounded, and so is how many come that nobody asked for; who says more is ended.
Rule: what it starts ends with it: its session, what descends from it, and what carries its mark.
"""

import secrets
import subprocess
from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import anyio
import trio
from mcp.shared.message import SessionMessage
from mcp.types import JSONRPCNotification, JSONRPCRequest

from lion.domain.text import show_line
from lion.programs.family import MARK, end_program
from lion.programs.lines import Lines
from lion.system.mcp.inbound import LONGEST, Fault, Inbound

LAST_WORDS: Final = 1_000
"""Characters of what it said on standard error last."""
GRACE: Final = 1.0
"""Seconds that it has to end by itself."""


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
        self.inbound = Inbound()
        self._errors: deque[str] = deque(maxlen=LAST_WORDS)
        self.fault = ""
        """Why the conversation ended, if it was not we who ended it."""

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
        self._streams = (give, reading, writing, take)
        return reading, writing

    async def __aexit__(self, *exc: Any) -> None:
        try:
            with trio.CancelScope(shield=True):
                await self._end()
        finally:
            self._nursery.cancel_scope.cancel()
            await self._manager.__aexit__(None, None, None)
            for stream in self._streams:
                stream.close()

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
                    message = self.inbound.message(await lines.next())
                    if message is not None:
                        await give.send(SessionMessage(message))
            except EOFError:
                self.fault = self.fault or "it has ended"
            except Fault as exc:
                self.fault = str(exc)
            except (trio.BrokenResourceError, trio.ClosedResourceError):
                self.fault = self.fault or "it has ended"
            except (anyio.BrokenResourceError, anyio.ClosedResourceError):
                pass  # we have left

    async def _write(self, take: Any) -> None:
        assert self._process is not None and self._process.stdin is not None
        async with take:
            try:
                async for item in take:
                    message = item.message
                    if isinstance(message, JSONRPCRequest | JSONRPCNotification):
                        self.inbound.ask()
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
        assert self._process is not None
        await end_program(self._process, GRACE, self._mark)
