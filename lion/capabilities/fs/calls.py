"""Look here if you want to know what a call on files is about, and how its work is begun anew when
that turns out to be more.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Final, TypeVar, cast

from lion.capabilities.fs.access import Access, Asks
from lion.capabilities.fs.errors import translated
from lion.capabilities.fs.roots import Files, HolderFiles
from lion.capabilities.fs.tree import Tree
from lion.capabilities.opened import opened
from lion.domain.call import BULK, CallError
from lion.domain.plan import Grant, Mount
from lion.policy.decide import words_for_guest
from lion.ports import CallContext
from lion.scopes.fs_path import Claim, FsTarget, fs_target, parse_path, split_names
from lion.values.packed import unpack

MOST_ASKED: Final = 8
"""Further targets decided for one call; more means that somebody keeps changing the links."""

CHANGES: Final = ("write", "create", "exclusive", "truncate")

T = TypeVar("T")
Decided = Sequence[FsTarget]
Place = tuple[Tree, Sequence[str]]


def service_of(caller: CallContext) -> Files:
    """The directories of the run. Raises CallError("denied") without any."""
    files = opened(caller).files
    if files is None:
        raise CallError("denied", "no grant covers it")
    return files


def files_of(caller: CallContext) -> HolderFiles:
    """The directories of the caller. Raises CallError("denied") without any."""
    return service_of(caller).of(caller.holder)


def on(access: Access, decided: Decided) -> Access:
    """The access with what was decided for it."""
    return access._replace(decided=decided)


def content_of(data: str) -> bytes:
    """Packed bytes, 64 KiB at most. Raises CallError("invalid")."""
    if len(data) <= 2 * BULK and len(content := unpack(data)) <= BULK:
        return content
    raise CallError("invalid", f"one call writes at most {BULK:,} bytes")


def place_of(caller: CallContext) -> Place:
    """Where the path of the call under way is: the directory that it was granted, and names."""
    return _place(caller, _claims(caller)[0].path)


def both_of(caller: CallContext) -> tuple[Place, Place]:
    """Where its two paths are. Raises CallError: two grants are two file systems."""
    first, second = (claim.path for claim in _claims(caller))
    place = _place(caller, first)
    if not all(files_of(caller).is_in(path, place[0]) for path in (first, second)):
        raise CallError("unsupported", "both paths have to be in one grant")
    return place, _place(caller, second)


def _claims(caller: CallContext) -> tuple[Claim, ...]:
    return cast(FsTarget, caller.target).claims


def _place(caller: CallContext, path: str) -> Place:
    tree = files_of(caller).tree(cast(Mount, cast(Grant, caller.grant).mount))
    return tree, split_names(path.removeprefix(tree.mount.path))


async def decided(
    caller: CallContext,
    operation: str,
    work: Callable[[Decided], T],
    undo: Callable[[T], object] | None = None,
) -> T:
    """Do the work; whatever it asks for is decided, and then it is done anew."""
    call, target, decided = caller.number, caller.target, list[FsTarget]()
    for _ in range(MOST_ASKED):
        try:
            with translated():
                return await files_of(caller).finish(partial(work, tuple(decided)), undo)
        except Asks as asked:
            decision = await caller.may(call, "fs", operation, asked.target)
            if not decision.allowed:
                raise CallError("denied", words_for_guest(decision)) from None
            decided.append(asked.target)
        except CallError as exc:
            # What the system itself forbids is no decision of lion's.
            if exc.case == "denied" and not isinstance(exc.__cause__, OSError):
                caller.refuse(call, "fs", operation, target, exc.text)
            raise
    raise CallError("busy", "the symlinks on the way keep changing")


def access_of(mode: Sequence[str]) -> Access:
    """What a mode of `open` does. Raises CallError("invalid") for one that makes no sense."""
    writes = "write" in mode
    if not writes and any(flag in mode for flag in CHANGES):
        raise CallError("invalid", "create, exclusive and truncate need write")
    if "exclusive" in mode and "create" not in mode:
        raise CallError("invalid", "exclusive needs create")
    if "directory" in mode and writes:
        raise CallError("invalid", "a directory is not opened for writing")
    if not writes and "read" not in mode and "directory" not in mode:
        raise CallError("invalid", "a file is opened to read, to write, or both")
    return Access(read=not writes or "read" in mode, write=writes)


def reads(args: list[Any]) -> FsTarget:
    """The target of what reads its first argument. Raises CallError, as all below."""
    return fs_target(Claim(parse_path(args[0]), read=True, write=False))


def writes(args: list[Any]) -> FsTarget:
    """The target of what writes its first argument."""
    return fs_target(Claim(parse_path(args[0]), read=False, write=True))


def opens(args: list[Any]) -> FsTarget:
    """The target of `open`, by its mode."""
    access = access_of(args[1])
    return fs_target(Claim(parse_path(args[0]), access.read, access.write))


def moves(args: list[Any]) -> FsTarget:
    """A name that goes, or a second one: who could not read or write the first may not here."""
    first, second = (parse_path(path) for path in args[:2])
    return fs_target(Claim(first, read=True, write=True), Claim(second, False, write=True))


def links(args: list[Any]) -> FsTarget:
    """The target of `symlink`, whose path comes second."""
    return writes(args[1:])
