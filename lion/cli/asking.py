"""Look here if you want to know how a person at the terminal is asked for an approval.

Rule: what a guest wrote is escaped and stands behind lion's own words; the default is no, and what
was typed before the question is thrown away.
Rule: the question goes when somebody else answers it, or nobody may any more.
"""

import os
import sys
import termios
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Final

import trio

from lion.cli.screen import Screen
from lion.domain.approval import LONGEST_WORDS, Answer, Reach, Request, Waiting
from lion.domain.events import ApprovalAsked, ApprovalDecided, ApprovalExpired
from lion.domain.record import Record
from lion.domain.text import show_line
from lion.domain.units import render_duration
from lion.errors import LionError
from lion.fittings import user_name
from lion.host import Host

TYPES: Final = (ApprovalAsked.__name__, ApprovalDecided.__name__, ApprovalExpired.__name__)
_LONGEST_LINE: Final = 4_096
_SHOWN: Final = 400
"""Characters of what a guest wrote that a question shows; `lion approvals` shows the rest."""
_ANSWERS: Final = {
    "y": Reach.ONCE, "yes": Reach.ONCE, "once": Reach.ONCE, "run": Reach.RUN,
    "always": Reach.ALWAYS,
}  # fmt: skip
_NO: Final = ("", "n", "no")


def render_request(request: Request, screen: Screen, *, longest: int = _SHOWN) -> Iterator[str]:
    """The lines that show what waits for an approval."""
    through = " > ".join(request.chain)
    what = f"{request.capability} {request.operation} {request.target}".rstrip()
    whose = request.holder if len(request.chain) == 1 else f"{request.holder} (through {through})"
    word = screen.paint("approve?", "yellow")
    yield f"{word}  {request.id}  {show_line(whose)}: {show_line(what, longest=longest)}"
    for by, reason in zip(request.asked_by, request.reasons, strict=True):
        yield f"    why        {show_line(f'{by}: {reason}', longest=longest)}"
    yield f"    arguments  {show_line(request.arguments, longest=longest)}"
    if request.body is not None:
        body = request.body
        yield f"    body       {body.size:,} bytes, SHA-256 {body.digest}"
        yield f"    begins     {show_line(body.begins, longest=longest)}"
    if request.note:
        yield f"    mind       {show_line(request.note)}"
    if request.grant:
        yield f"    granted    {show_line(request.grant, longest=longest)}"
    left = max(request.expires_ns - time.time_ns(), 0)
    yield f"    or else    refused in {render_duration(left // 10**9 * 10**9)}"


def how_to_go_on(one: Waiting) -> str:
    """What to type once a call is answered whose run has no process."""
    return f"its process has ended; go on with: lion resume {one.request.run[:8]}"


def read_answer(word: str, name: str) -> Answer:
    """What a line typed at the question means: anything but a yes is a no, and its words."""
    said = " ".join(word.split())
    reach = _ANSWERS.get(said.lower())
    if reach is not None:
        return Answer(allowed=True, reach=reach, by=name, via="terminal")
    words = "" if said.lower() in _NO else said[:LONGEST_WORDS]
    return Answer(allowed=False, by=name, via="terminal", words=words)


class Console:
    """Asks about the calls of a run as they come. `is_asked`: there is somebody at the terminal;
    else it says how to answer.
    """

    def __init__(self, host: Host, screen: Screen, *, is_asked: bool) -> None:
        self._host = host
        self._screen = screen
        self._is_asked = is_asked
        self._waiting: dict[str, Request] = {}
        self._changed = trio.Event()
        self._scope: trio.CancelScope | None = None
        self._asked = ""

    def watch(self, record: Record) -> None:
        """Take in a record of the run."""
        if record.type not in TYPES:
            return
        match record.event():
            case ApprovalAsked(request=request):
                self._waiting[request.id] = request
                if not self._is_asked:
                    self._show(request)
            case ApprovalDecided(id=id) | ApprovalExpired(id=id):
                self._waiting.pop(id, None)
                if id == self._asked and self._scope is not None:
                    self._scope.cancel()
        self._changed.set()

    def _show(self, request: Request) -> None:
        for line in render_request(request, self._screen):
            self._screen.line(line)
        short = request.id
        yes = f"lion approve {short}"
        if request.capability == "people":
            yes = f"lion workflow answer {short} JSON"
        self._screen.line(f"    answer     {yes}   or   lion refuse {short}")

    async def ask(self) -> None:
        """Ask one question after the other, for ever; until nobody is at the terminal."""
        while self._is_asked:
            if not self._waiting:
                await self._changed.wait()
                self._changed = trio.Event()
                continue
            id, request = next(iter(self._waiting.items()))
            self._asked = id
            with trio.CancelScope() as self._scope:
                await self._ask(request)
            if self._scope.cancelled_caught:
                self._screen.line(f"{id} was answered elsewhere, or given up")
            self._scope = None

    async def _ask(self, request: Request) -> None:
        termios.tcflush(sys.stdin.fileno(), termios.TCIFLUSH)
        for line in render_request(request, self._screen):
            self._screen.line(line)
        self._screen.line("    once: y, this run: run, always: always, no: Enter, or why not")
        typed = await _typed_line()
        if typed is None:
            self._is_asked = False
            for waiting in self._waiting.values():
                self._show(waiting)
            return
        self._waiting.pop(request.id, None)
        try:
            await self._host.answer(request.id, read_answer(typed, user_name()))
        except LionError as exc:
            self._screen.line(show_line(exc.what))


async def _typed_line() -> str | None:
    """The next line; None where nobody types any more."""
    descriptor = sys.stdin.fileno()
    await trio.lowlevel.wait_readable(descriptor)
    data = os.read(descriptor, _LONGEST_LINE)
    return data.decode(errors="replace") if data else None


def is_attended(screen: Screen) -> bool:
    """Somebody sees the screen and types here: this process has the terminal."""
    try:
        is_typing = sys.stdin is not None and sys.stdin.isatty() and screen.is_terminal
        return is_typing and os.tcgetpgrp(sys.stdin.fileno()) == os.getpgrp()
    except (OSError, ValueError):
        return False


@asynccontextmanager
async def open_console(host: Host, screen: Screen) -> AsyncIterator[Callable[[Record], None]]:
    """A console while inside; what is given watches the run's records."""
    console = Console(host, screen, is_asked=is_attended(screen))
    async with trio.open_nursery() as nursery:
        nursery.start_soon(console.ask)
        yield console.watch
        nursery.cancel_scope.cancel()
