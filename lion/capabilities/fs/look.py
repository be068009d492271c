"""Look here if you want to know what is seen of a path: what it is, what a directory shows, and
what moving it would carry along.
"""

import os
import stat
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any, Final

from lion.capabilities.fs.usage import Identity, entries, identity
from lion.capabilities.fs.walk import DIRECTORY, Spot, check_link, read_link
from lion.domain.call import CallError
from lion.scopes.fs_path import MOST_DEPTH, is_reserved

KINDS: Final[Mapping[Callable[[int], bool], str]] = {
    stat.S_ISREG: "file",
    stat.S_ISDIR: "directory",
    stat.S_ISLNK: "symlink",
}


def look(at: Spot) -> os.stat_result | None:
    """What is at a spot; None if nothing is. Raises OSError."""
    try:
        return os.stat(at.name or b".", dir_fd=at.folder, follow_symlinks=False)
    except FileNotFoundError:
        return None


def kind_of(info: os.stat_result) -> str:
    """What something is, in the words of the interface."""
    return next((word for is_it, word in KINDS.items() if is_it(info.st_mode)), "other")


def metadata(info: os.stat_result, name_identity: Callable[[Identity], str]) -> dict[str, Any]:
    """The record `fs.metadata`; `name_identity` says device and inode in the run's own words."""
    return {
        "kind": kind_of(info),
        "size": info.st_size,
        "links": info.st_nlink,
        "accessed": max(info.st_atime_ns, 0),
        "modified": max(info.st_mtime_ns, 0),
        "changed": max(info.st_ctime_ns, 0),
        "identity": name_identity(identity(info)),
    }


def check_carried(name: bytes, folder: int, above: Sequence[str]) -> None:
    """Raise CallError if a link that leads within today led out of its new place.

    An absolute one of the host's own is followed nowhere, so it may move.
    """
    target = read_link(name, folder)
    if target is not None and not target.startswith(b"/"):
        check_link(target, above)


def check_subtree(at: Spot, to: Sequence[str]) -> None:
    """Raise CallError if what is in this directory would lie too deep or lead out at `to`."""
    inner = os.open(at.name, DIRECTORY, dir_fd=at.folder)
    try:
        for entry in entries(inner):
            if len(to) + entry.depth > MOST_DEPTH:
                raise CallError("name-too-long", f"a path has at most {MOST_DEPTH} names")
            if stat.S_ISLNK(entry.info.st_mode):
                # Only how deep it lies matters here, not what is above it.
                check_carried(entry.name, entry.folder, (*to, *("x",) * (entry.depth - 1)))
    finally:
        os.close(inner)


def need_name(at: Spot) -> bytes:
    """The name that is to change. Raises CallError: a grant's own directory has none."""
    if not at.name:
        raise CallError("busy", "the directory of a grant itself stays as it is")
    return at.name


def shown_names(names: Sequence[str], after: str | None) -> Iterator[str]:
    """Names that a guest can say."""
    for name in names:
        with suppress(UnicodeDecodeError):
            text = os.fsencode(name).decode()
            if not is_reserved(text) and (after is None or text > after):
                yield text
