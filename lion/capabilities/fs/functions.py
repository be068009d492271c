"""Look here if you want to know what the functions of `fs` do when a guest calls them.

Rule: a path is brought into its normal form first; that form is decided, recorded and walked.
Rule: where a symlink led elsewhere, or a directory moves with all that is in it, what is really
reached is decided (and recorded) before anything happens.
Rule: whatever changes a directory has its intent in the log first; reading is one record.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, Final

from lion.capabilities.bounds import check_range
from lion.capabilities.fs import fate
from lion.capabilities.fs.access import Access
from lion.capabilities.fs.calls import (
    Decided,
    access_of,
    both_of,
    content_of,
    decided,
    files_of,
    links,
    moves,
    on,
    opens,
    place_of,
    reads,
    service_of,
    writes,
)
from lion.capabilities.fs.file import OpenFile
from lion.capabilities.fs.found import at_both, at_path, seen
from lion.capabilities.fs.look import metadata
from lion.capabilities.fs.methods import METHODS
from lion.capabilities.fs.reopened import FILE, recall_open
from lion.domain.call import CallError, Effect
from lion.ports import CallContext, Kind, Operation
from lion.scopes.fs_path import FsTarget, split_names
from lion.values.packed import pack

MOST_LISTED: Final = 1_000

READ, WRITE, BOTH = Access(read=True, write=False), Access(False, True), Access(True, True)


def mounts(caller: CallContext) -> list[str]:
    """The guest's side of every grant, sorted."""
    return sorted(grant.mount.path for grant in caller.grants("fs") if grant.mount is not None)


async def open_(caller: CallContext, path: str, mode: tuple[str, ...]) -> int:
    """Open a file; its rep. Raises CallError."""
    access = access_of(mode)
    tree, names = place_of(caller)
    slots = files_of(caller).slots

    def work(decided: Decided) -> OpenFile:
        asked = access._replace(decided=decided)
        if "directory" in mode:
            file = tree.open_directory(names, asked)
        else:
            file = tree.open(
                names, asked, create="create" in mode, exclusive="exclusive" in mode,
                truncate="truncate" in mode,
            )  # fmt: skip
        caller.kept = seen(file.stat())
        file.path = path
        return file

    def close(file: OpenFile) -> None:
        file.descriptor.close()
        slots.give()

    slots.take()
    try:
        file = await decided(caller, "open", work, lambda late: late.descriptor.close())
    except BaseException:
        slots.give()
        raise
    try:
        return caller.handles.add(FILE, file, partial(close, file))
    except CallError:
        close(file)
        raise


async def read(caller: CallContext, path: str) -> str:
    """A whole file, packed. Raises CallError."""
    tree, names = place_of(caller)
    return pack(await decided(caller, "read", lambda d: tree.read(names, on(READ, d))))


async def write(caller: CallContext, path: str, data: str) -> None:
    """Replace a whole file at once. Raises CallError."""
    tree, names = place_of(caller)
    content = content_of(data)
    await decided(caller, "write", lambda d: tree.write(names, on(WRITE, d), content))


async def stat(caller: CallContext, path: str, follow: bool) -> dict[str, Any]:
    """What a path is. Raises CallError."""
    tree, names = place_of(caller)
    info = await decided(caller, "stat", lambda d: tree.stat(names, on(READ, d), follow=follow))
    return metadata(info, service_of(caller).name_identity)


async def set_times(
    caller: CallContext, path: str, accessed: int | None, modified: int | None
) -> None:
    """Set both times, in nanoseconds since 1970. Raises CallError."""
    tree, names = place_of(caller)
    await decided(
        caller, "set-times", lambda d: tree.set_times(names, on(WRITE, d), accessed, modified)
    )


async def list_(caller: CallContext, path: str, after: str | None, limit: int) -> list[str]:
    """At most `limit` names of a directory, in byte order. Raises CallError."""
    check_range("the limit of a list", limit, least=1, most=MOST_LISTED)
    tree, names = place_of(caller)
    return await decided(caller, "list", lambda d: tree.list(names, on(READ, d), after, limit))


async def make_dir(caller: CallContext, path: str) -> None:
    """Make a directory. Raises CallError."""
    tree, names = place_of(caller)
    await decided(caller, "make-dir", lambda d: tree.make_dir(names, on(WRITE, d)))


async def remove_dir(caller: CallContext, path: str) -> None:
    """Remove an empty directory. Raises CallError."""
    tree, names = place_of(caller)
    await decided(caller, "remove-dir", lambda d: tree.remove_dir(names, on(WRITE, d)))


async def unlink(caller: CallContext, path: str) -> None:
    """Remove what is no directory. Raises CallError."""
    tree, names = place_of(caller)
    await decided(caller, "unlink", lambda d: tree.unlink(names, on(WRITE, d)))


async def rename(caller: CallContext, path: str, to: str) -> None:
    """Rename within one grant, replacing what was at `to`. Raises CallError."""
    (tree, names), (_, to_names) = both_of(caller)
    await decided(
        caller, "rename",
        lambda d: tree.rename(names, on(BOTH, d), to_names, on(WRITE, d)),
    )  # fmt: skip


async def link(caller: CallContext, path: str, to: str) -> None:
    """Give a regular file another name, within one grant. Raises CallError."""
    (tree, names), (_, to_names) = both_of(caller)
    await decided(caller, "link", lambda d: tree.link(names, on(BOTH, d), to_names, on(WRITE, d)))


async def symlink(caller: CallContext, target: str, path: str) -> None:
    """Make a symlink that stays within the grant. Raises CallError."""
    split_names(target)
    if not target:
        raise CallError("invalid", "a symlink says something")
    tree, names = place_of(caller)
    await decided(caller, "symlink", lambda d: tree.symlink(target, names, on(WRITE, d)))


async def readlink(caller: CallContext, path: str) -> str:
    """What a symlink says. Raises CallError."""
    tree, names = place_of(caller)
    return await decided(caller, "readlink", lambda d: tree.readlink(names, on(READ, d)))


OUTSIDE = Effect.OUTSIDE


def _unseen(caller: CallContext, args: list[Any]) -> str:
    return "what will be written through it is not shown" if "write" in args[1] else ""


def _changing(
    name: str,
    execute: Callable[..., Any],
    look_up: fate.LookUp,
    target: Callable[[list[Any]], FsTarget] = writes,
    look: Callable[..., Any] = at_path,
    **more: Any,
) -> Operation:
    return Operation(
        "fs", name, Kind.WAITING, execute, target=target, effect=OUTSIDE, look=look,
        look_up=look_up, **more,
    )  # fmt: skip


OPERATIONS = (
    Operation("fs", "mounts", Kind.INSTANT, mounts),
    _changing("open", open_, fate.of_opening, opens, unseen=_unseen, recall=recall_open),
    Operation("fs", "read", Kind.WAITING, read, target=reads),
    _changing("write", write, fate.of_replacement),
    Operation("fs", "stat", Kind.WAITING, stat, target=reads),
    _changing("set-times", set_times, fate.of_times),
    Operation("fs", "list", Kind.WAITING, list_, target=reads),
    _changing("make-dir", make_dir, fate.of_making),
    _changing("remove-dir", remove_dir, fate.of_removal),
    _changing("unlink", unlink, fate.of_removal),
    _changing("rename", rename, fate.of_rename, moves, at_both),
    _changing("link", link, fate.of_link, moves, at_both),
    _changing("symlink", symlink, fate.of_making, links),
    Operation("fs", "readlink", Kind.WAITING, readlink, target=reads),
    *METHODS,
)
