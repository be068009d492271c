"""Look here if you want to know how a program that speaks in lines is started, heard and ended.

Rule: its environment has what the manifest says, where programs are and which language is spoken;
nothing else of ours. It writes into a home of its own, which is gone afterwards.
Rule: a line is bounded, and so is what it has said and nobody has heard: then it waits.
Rule: what it has started ends with it.
"""

import os
import secrets
import subprocess
import tempfile
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import trio

from lion.domain.call import CallError
from lion.domain.plan import Program
from lion.domain.text import show_line
from lion.programs.family import MARK, end_family, end_program
from lion.programs.lines import Lines

LONGEST: Final = 1024 * 1024
"""Bytes of a line."""
MOST_HELD: Final = 1024 * 1024
"""Bytes of lines that nobody has heard; then it waits."""
MOST_LINES: Final = 256
"""Of them."""
LISTENS: Final = 30.0
"""Seconds in which it has to take what is said to it."""
GRACE: Final = 1.0
"""Seconds that it has to end by itself."""
LAST_WORDS: Final = 1_000
"""Characters of what it said on standard error last."""
PASSED: Final = ("PATH", "LANG", "LC_ALL", "TZ")
"""What it has of our environment."""
CLIENT: Final = Path(__file__).parents[2] / "programs" / "client"
"""Where `import lion_agent` finds its module."""


class Running:
    """A program under way. Implements ports.Waitable."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._process: trio.Process | None = None
        self._home: tempfile.TemporaryDirectory[str] | None = None
        self._mark = secrets.token_hex(16)
        self._lines: deque[str] = deque()
        self._held = 0
        self._news = trio.Event()
        self._errors: deque[str] = deque(maxlen=LAST_WORDS)
        self._fault = self._ending = ""
        """How it ended, once it did."""
        self._scope = trio.CancelScope()

    @property
    def is_ready(self) -> bool:
        """It has said something, or ended."""
        return bool(self._lines) or bool(self._fault)

    async def wait_ready(self) -> None:
        """Wait until it has."""
        while not self.is_ready:
            await self._news.wait()

    async def open(self) -> None:
        """Start it. Raises CallError."""
        self._home = tempfile.TemporaryDirectory(prefix="lion-agent-")
        try:
            self._process = await trio.lowlevel.open_process(
                list(self._program.args), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                stderr=subprocess.PIPE, env=self._environment(self._home.name),
                cwd=self._program.folder, start_new_session=True,
            )  # fmt: skip
        except (OSError, ValueError) as exc:
            self._home.cleanup()
            command = show_line(self._program.args[0], longest=200)
            why = exc.strerror if isinstance(exc, OSError) else str(exc)
            if not self._program.folder.is_dir():
                why = f"its folder {str(self._program.folder)!r} is not there"
            words = f"{command!r} cannot be started: {why}"
            raise CallError("unavailable", words) from exc

    def _environment(self, home: str) -> dict[str, str]:
        passed = {name: os.environ[name] for name in PASSED if name in os.environ}
        own = {"HOME": home, "TMPDIR": home, "PYTHONPATH": str(CLIENT), MARK: self._mark}
        return {**passed, **own, **self._program.env}

    @trio.lowlevel.enable_ki_protection
    async def tend(self) -> None:
        """Hear it until it has ended, or whoever started it lets it go."""
        process = self._process
        assert process is not None and self._home is not None
        try:
            with self._scope:
                await self._hear_out(process)
                self._end_with(*_how(process.returncode, self.last_words))
        finally:
            with trio.CancelScope(shield=True):
                await self._end(process)
                await trio.to_thread.run_sync(self._home.cleanup)
            self._end_with("was ended", "cancelled")

    async def _hear_out(self, process: trio.Process) -> None:
        """Hear it until it says no more: it has ended, or will not be heard again."""
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._listen)
            nursery.start_soon(self._follow, process, nursery.cancel_scope)
            await self._read()
            with trio.move_on_after(GRACE):
                await process.wait()
            nursery.cancel_scope.cancel()

    @trio.lowlevel.enable_ki_protection
    async def _follow(self, process: trio.Process, scope: trio.CancelScope) -> None:
        """Once it has ended, what it had started ends, and what it said last is heard."""
        await process.wait()
        end_family(process.pid, [], self._mark)
        await trio.sleep(LISTENS)
        scope.cancel()

    async def next(self) -> dict[str, Any]:
        """What it said since, or how it ended."""
        await self.wait_ready()
        lines = list(self._lines)
        self._lines.clear()
        self._held = 0
        self._tell()
        # How it ended is told once all that it said was heard.
        over = not lines
        return {
            "lines": lines,
            "fault": self._fault if over else "",
            "ending": self._ending if over else "",
        }

    async def send(self, data: bytes) -> None:
        """Say something to it. Raises trio.BrokenResourceError, trio.ClosedResourceError."""
        if self._process is None or self._process.stdin is None:
            raise trio.ClosedResourceError
        await self._process.stdin.send_all(data)

    def close(self) -> None:
        """End it."""
        self._scope.cancel()

    def lose(self) -> None:
        """It ran in another process of lion's."""
        self._end_with("ended with the process of its run", "exit")

    @property
    def last_words(self) -> str:
        """The end of what it wrote to standard error, on one line."""
        return show_line("".join(self._errors).strip())

    async def _read(self) -> None:
        assert self._process is not None and self._process.stdout is not None
        lines = Lines(self._process.stdout, LONGEST, skips=False)
        with suppress(EOFError, trio.BrokenResourceError, trio.ClosedResourceError):
            while True:
                line = await lines.next()
                if line is None:
                    self._end_with(f"wrote a line of more than {LONGEST:,} bytes", "result")
                    return
                try:
                    text = line.decode()
                except UnicodeDecodeError:
                    self._end_with("wrote a line that is no UTF-8", "result")
                    return
                while self._lines and (
                    self._held + len(line) > MOST_HELD or len(self._lines) >= MOST_LINES
                ):
                    await self._news.wait()
                self._lines.append(text)
                self._held += len(line)
                self._tell()

    @trio.lowlevel.enable_ki_protection
    async def _listen(self) -> None:
        assert self._process is not None and self._process.stderr is not None
        with suppress(trio.BrokenResourceError, trio.ClosedResourceError):
            while chunk := await self._process.stderr.receive_some(4_096):
                self._errors.extend(bytes(chunk[-LAST_WORDS:]).decode("utf-8", "replace"))

    async def _end(self, process: trio.Process) -> None:
        await end_program(process, GRACE, self._mark)
        for stream in (process.stdout, process.stderr):
            assert stream is not None
            await stream.aclose()

    def _end_with(self, fault: str, ending: str) -> None:
        """It has ended, the first time that this is said."""
        if not self._fault:
            self._fault, self._ending = fault, ending
            self._tell()

    def _tell(self) -> None:
        self._news.set()
        self._news = trio.Event()


async def say_to(running: Running, lines: Sequence[str]) -> None:
    """Say lines to it. Raises CallError."""
    data = "".join(f"{line}\n" for line in lines).encode()
    try:
        with trio.fail_after(LISTENS):
            await running.send(data)
    except trio.TooSlowError:
        words = f"it took nothing of what was said to it for {LISTENS:g} s"
        raise CallError("timeout", words) from None
    except (trio.BrokenResourceError, trio.ClosedResourceError):
        raise CallError("unavailable", "it is gone") from None


def _how(code: int | None, words: str) -> tuple[str, str]:
    """How a program ended that did not say that it was done."""
    if code is None:
        return "closed its output before it was done", "exit"
    how = f"exit code {code}" if code >= 0 else f"signal {-code}"
    said = f": {words}" if words else ""
    return f"ended before it was done ({how}){said}", "exit"
