"""Look here if you want to know what is recorded of a file before a call changes it, and of one
that was opened: whoever goes on with the run can tell by it what has happened since.

Rule: looking decides nothing and asks nobody: where a link would have to be judged first, nothing
is looked at, and the record has no word of it.
Rule: device and inode are the host's own numbers; they are in the log and never told to a guest.
"""

import os
from collections.abc import Callable
from typing import Any, Final

from lion.capabilities.fs.access import Access, Asks
from lion.capabilities.fs.calls import Place, both_of, files_of, place_of
from lion.capabilities.fs.file import OpenFile
from lion.capabilities.fs.look import kind_of
from lion.capabilities.fs.reopened import FILE, Reopened
from lion.domain.call import CallError
from lion.ports import CallContext

_READ: Final = Access(read=True, write=False)


def seen(info: os.stat_result) -> dict[str, Any]:
    """What of a file is recorded: times in nanoseconds since 1970, size in bytes."""
    return {
        "kind": kind_of(info), "size": info.st_size, "modified": info.st_mtime_ns,
        "device": info.st_dev, "inode": info.st_ino,
    }  # fmt: skip


async def at_path(caller: CallContext, *_: Any) -> dict[str, Any] | None:
    """What is at the path of a call: empty if nothing is, None if it cannot be looked at."""
    return await _looked(caller, lambda: _look(place_of(caller)))


async def at_both(caller: CallContext, *_: Any) -> dict[str, Any] | None:
    """What is at its first path, and under `to` what is at the second."""

    def work() -> dict[str, Any]:
        first, second = both_of(caller)
        return {**_look(first), "to": _look(second)}

    return await _looked(caller, work)


async def of_handle(caller: CallContext, rep: int, *_: Any) -> dict[str, Any] | None:
    """What an open file is."""
    try:
        file = await file_of(caller, rep)
    except CallError:
        return None
    return await _looked(caller, lambda: seen(file.stat()))


async def file_of(caller: CallContext, rep: int) -> OpenFile:
    """The open file of a handle, opened again if its run was resumed. Raises CallError."""
    file: OpenFile | Reopened = caller.handles.get(rep, FILE)
    return file if isinstance(file, OpenFile) else await file.real()


def _look(place: Place) -> dict[str, Any]:
    tree, names = place
    try:
        return seen(tree.stat(names, _READ, follow=False))
    except FileNotFoundError:
        return {}


async def _looked(
    caller: CallContext, work: Callable[[], dict[str, Any]]
) -> dict[str, Any] | None:
    try:
        return await files_of(caller).finish(work)
    except (Asks, CallError, OSError):
        return None
