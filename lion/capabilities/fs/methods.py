"""Look here if you want to know what the methods of an open file do when a guest calls them."""

from collections.abc import Callable
from typing import Any, TypeVar

from lion.capabilities.bounds import check_range
from lion.capabilities.fs import fate
from lion.capabilities.fs.calls import content_of, files_of, service_of
from lion.capabilities.fs.errors import translated
from lion.capabilities.fs.file import OpenFile
from lion.capabilities.fs.found import file_of, of_handle
from lion.capabilities.fs.look import metadata
from lion.capabilities.fs.reopened import FILE, Reopened
from lion.capabilities.fs.tree import MOST_READ
from lion.domain.call import Effect
from lion.ports import CallContext, Kind, Operation
from lion.values.packed import pack

T = TypeVar("T")


async def read_at(caller: CallContext, rep: int, offset: int, length: int) -> str:
    """A part of an open file, packed. Raises CallError."""
    check_range("the length of a read", length, least=1, most=MOST_READ)
    file = await file_of(caller, rep)
    here = file.read_now(offset, length)  # most are: a thread costs more than they do
    if here is not None:
        return pack(here)
    return pack(await _work(caller, lambda: file.read_at(offset, length)))


async def write_at(caller: CallContext, rep: int, offset: int, data: str) -> None:
    """Write into an open file. Raises CallError."""
    file, content = await file_of(caller, rep), content_of(data)
    await _work(caller, lambda: file.write_at(offset, content))


async def append(caller: CallContext, rep: int, data: str) -> int:
    """Write at the end of an open file; the offset it went to. Raises CallError."""
    file, content = await file_of(caller, rep), content_of(data)
    return await _work(caller, lambda: file.append(content))


async def file_stat(caller: CallContext, rep: int) -> dict[str, Any]:
    """What an open file is. Raises CallError."""
    return metadata(
        await _work(caller, (await file_of(caller, rep)).stat), service_of(caller).name_identity
    )


async def set_size(caller: CallContext, rep: int, size: int) -> None:
    """Cut an open file off, or add zeros. Raises CallError."""
    file = await file_of(caller, rep)
    await _work(caller, lambda: file.set_size(size))


async def set_file_times(
    caller: CallContext, rep: int, accessed: int | None, modified: int | None
) -> None:
    """Set both times of an open file. Raises CallError."""
    file = await file_of(caller, rep)
    await _work(caller, lambda: file.set_times(accessed, modified))


async def sync(caller: CallContext, rep: int) -> None:
    """Wait until an open file is on the disk. Raises CallError."""
    await _work(caller, (await file_of(caller, rep)).sync)


async def _work(caller: CallContext, work: Callable[[], T]) -> T:
    with translated():
        return await files_of(caller).finish(work)


OUTSIDE = Effect.OUTSIDE


def _which(caller: CallContext, args: list[Any]) -> str:
    file: OpenFile | Reopened = caller.handles.get(args[0], FILE)
    return f"the file is {file.path}"


def _reading(name: str, execute: Callable[..., Any]) -> Operation:
    return Operation("fs", name, Kind.WAITING, execute, unseen=_which)


def _changing(
    name: str, execute: Callable[..., Any], look_up: fate.LookUp | None = None
) -> Operation:
    return Operation(
        "fs", name, Kind.WAITING, execute, effect=OUTSIDE, look=of_handle, look_up=look_up,
        unseen=_which,
    )  # fmt: skip


METHODS = (
    _reading("file.read-at", read_at),
    _changing("file.write-at", write_at, fate.of_part),
    _changing("file.append", append),
    _reading("file.stat", file_stat),
    _changing("file.set-size", set_size, fate.of_size),
    _changing("file.set-times", set_file_times, fate.of_times),
    _reading("file.sync", sync),
)
