"""Look here if you want to know how a program is ended with all that it has started.

Rule: what it starts ends with it: its session, what descends from it, and what carries its mark.
"""

import os
import signal
from collections.abc import Iterator
from contextlib import suppress
from typing import Final

import trio

MARK: Final = "LION_PROGRAM"
"""The variable by which what a program has started is known."""
_TIMES: Final = 16
"""How often it is looked for what starts others while it is ended."""
_QUIET: Final = 2
"""How often in a row nothing may be found: who is about to become another program has no
environment for a moment.
"""


async def end_program(process: trio.Process, grace: float, mark: str) -> None:
    """Close a program's input and let it end by itself for `grace` seconds; then end it and all
    that it has started.
    """
    started = list(descendants(process.pid))
    if process.stdin is not None:
        with suppress(trio.BrokenResourceError, trio.ClosedResourceError):
            await process.stdin.aclose()
    with trio.move_on_after(grace):
        await process.wait()
    end_family(process.pid, started, mark)
    await process.wait()


def end_family(leader: int, started: list[int], mark: str) -> None:
    """End a program's session, what it had `started`, and all that carries its mark."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)
    quiet = 0
    for _ in range(_TIMES):
        left = {*started, *marked(mark)} - {os.getpid()}
        left |= {below for pid in left for below in descendants(pid)}
        alive = [pid for pid in left if _end_one(pid)]
        started = []
        quiet = 0 if alive else quiet + 1
        if quiet == _QUIET:
            break


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
