"""Look here if you want to know how a change of files that was begun and has no outcome is looked
up, when its run goes on: what the record says was there before, and what is there now.

Rule: if all is as it was, it did not happen. If it is as it would be, and was not before, it did.
Whatever else is there, somebody else had a hand in it, and nothing is known.
Rule: what exists where something was to be made may be anybody's: that is not known either.
Rule: numbers of files are given again: only what is the same in all that was seen is as it was.
Rule: where the record could not say what was there, nothing is known.
"""

from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeAlias

from lion.capabilities.fs.access import Access, Asks
from lion.capabilities.fs.calls import content_of, files_of, place_of
from lion.capabilities.fs.found import at_both, at_path, file_of, of_handle
from lion.domain.call import CallError
from lion.ports import Again, CallContext, Fate

Found: TypeAlias = dict[str, Any] | None
LookUp: TypeAlias = Callable[[CallContext, list[Any], Found], Awaitable[Fate]]

_READ: Final = Access(read=True, write=False)
_WHAT: Final = ("kind", "device", "inode")
_RULE: Final = "looked up"


def _again(now: Found) -> Fate:
    return Fate(Again.AGAIN, _RULE, "what is there is as it was before", found=now)


def _done(now: Found) -> Fate:
    return Fate(Again.DONE, _RULE, "what is there is what it was to come to", found=now)


def _unknown(now: Found) -> Fate:
    return Fate(Again.UNKNOWN, _RULE, "what is there may be somebody else's doing", found=now)


def _is_same(one: Found, other: Found) -> bool:
    """The same thing, whatever is in it."""
    if not one or not other:
        return not one and not other
    return all(one.get(key) == other.get(key) for key in _WHAT)


async def of_replacement(caller: CallContext, args: list[Any], found: Found) -> Fate:
    """A whole file that was replaced: the new one is another file with this content."""
    now = await at_path(caller)
    if found is None or now is None:
        return _unknown(now)
    if now == found:
        return _again(now)
    is_new = bool(now) and now["kind"] == "file" and not _is_same(found, now)
    return _done(now) if is_new and await _holds(caller, content_of(args[1])) else _unknown(now)


async def of_part(caller: CallContext, args: list[Any], found: Found) -> Fate:
    """A part that was written into an open file."""
    now = await of_handle(caller, args[0])
    if not found or not now or not _is_same(found, now):
        return _unknown(now)
    if now == found:
        return _again(now)
    data, offset = content_of(args[2]), args[1]
    is_long = now["size"] == max(found["size"], offset + len(data) if data else 0)
    return _done(now) if is_long and await _reads(caller, args[0], offset, data) else _unknown(now)


async def of_size(caller: CallContext, args: list[Any], found: Found) -> Fate:
    """An open file that was cut off, or made longer."""
    now = await of_handle(caller, args[0])
    if not found or not now or not _is_same(found, now):
        return _unknown(now)
    if now == found:
        return _again(now)
    is_so = now["size"] == args[1] != found["size"]
    return _done(now) if is_so else _unknown(now)


async def of_times(caller: CallContext, args: list[Any], found: Found) -> Fate:
    """Times: to set them again changes nothing, unless somebody wrote since."""
    is_handle = isinstance(args[0], int)
    now = await (of_handle(caller, args[0]) if is_handle else at_path(caller))
    if not found or not now or not _is_same(found, now) or now["size"] != found["size"]:
        return _unknown(now)
    is_set = args[2] is not None and now["modified"] == args[2]
    return _again(now) if is_set or now["modified"] == found["modified"] else _unknown(now)


async def of_removal(caller: CallContext, args: list[Any], found: Found) -> Fate:
    """A name that was taken away."""
    now = await at_path(caller)
    if found is None or now is None:
        return _unknown(now)
    if now == found:
        return _again(now)
    return _unknown(now) if now else _done(now)


async def of_making(caller: CallContext, args: list[Any], found: Found) -> Fate:
    """A name that was made: what is there now may be anybody's."""
    now = await at_path(caller)
    return _again(now) if now is not None and now == found else _unknown(now)


async def of_opening(caller: CallContext, args: list[Any], found: Found) -> Fate:
    """An `open`: one that makes a file anew, or cuts off what somebody may have written since, is
    looked at; any other does nothing that it does not do twice.
    """
    mode = args[1]
    if "exclusive" in mode:
        return await of_making(caller, args, found)
    if "truncate" not in mode:
        return _again(None)
    now = await at_path(caller)
    if found is None or now is None:
        return _unknown(now)
    return _again(now) if now == found or not now.get("size") else _unknown(now)


async def of_rename(caller: CallContext, args: list[Any], found: Found) -> Fate:
    """A name that was changed: the very thing has the other one now."""
    now = await at_both(caller)
    if found is None or now is None:
        return _unknown(now)
    if now == found:
        return _again(now)
    before, is_gone = {**found}, not now.get("kind")
    before.pop("to")
    return _done(now) if is_gone and before and before == now["to"] else _unknown(now)


async def of_link(caller: CallContext, args: list[Any], found: Found) -> Fate:
    """A second name: what has it now may have had it from anybody."""
    now = await at_both(caller)
    return _again(now) if now is not None and now == found else _unknown(now)


async def _holds(caller: CallContext, data: bytes) -> bool:
    def work() -> bool:
        tree, names = place_of(caller)
        return tree.read(names, _READ) == data

    return await _asked(caller, work)


async def _reads(caller: CallContext, rep: int, offset: int, data: bytes) -> bool:
    if not data:
        return True
    file = await file_of(caller, rep)
    return await _asked(caller, lambda: bool(file.read_at(offset, len(data)) == data))


async def _asked(caller: CallContext, work: Callable[[], bool]) -> bool:
    """What cannot be read is not what is looked for."""
    try:
        return await files_of(caller).finish(work)
    except (Asks, CallError, OSError):
        return False
