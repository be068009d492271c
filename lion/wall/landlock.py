"""Look here if you want to know how this process gives up files, ports and signals: Landlock.

Source: landlock(7); the bits are those of linux/landlock.h. An older kernel knows fewer of them:
what it does not know, it does not hold back, and `held` says so.

Rule: what is not named is refused. What is open already stays open.
Rule: it holds for this thread and what comes of it, so there may be no other when it is raised.
"""

import os
import stat
import struct
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import msgspec

from lion.wall.kernel import IS_LINUX, system_call

_CREATE, _ADD, _RESTRICT = 444, 445, 446
_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1, 2, 4, 8
_REFER, _TRUNCATE, _IOCTL = 1 << 13, 1 << 14, 1 << 15
_FILES: Final = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 5: (1 << 16) - 1}
"""Every right about files that the kernel knows, from this version of its interface on."""
_CONNECT, _BIND = 2, 1
_OF_A_FILE: Final = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE | _IOCTL
_READ: Final = _READ_FILE | _READ_DIR
_DEVICES: Final = (1 << 6) | (1 << 11)
"""Making devices, which nobody is given."""
_PORTS_SINCE, _SCOPES_SINCE = 4, 6
_SCOPES = 3
"""Abstract sockets and signals of processes outside."""


class Reach(msgspec.Struct, frozen=True, kw_only=True):
    """What is left: directories to list, directories and files to read, to write and to start, and
    the ports of servers (None: all). Paths that are not there are left out.
    """

    list: tuple[Path, ...] = ()
    read: tuple[Path, ...] = ()
    write: tuple[Path, ...] = ()
    execute: tuple[Path, ...] = ()
    ports: frozenset[int] | None = None


def version() -> int:
    """The interface's version that this kernel has; 0 for none, or one that is switched off."""
    if not IS_LINUX:
        return 0
    try:
        return system_call(_CREATE, None, 0, 1)
    except OSError:
        return 0


def _files_of(abi: int) -> int:
    return max(bits for since, bits in _FILES.items() if since <= abi)


def restrict(reach: Reach, abi: int) -> None:
    """Keep this thread, and all that comes of it, within reach. Raises OSError."""
    files = _files_of(abi)
    ports = _CONNECT | _BIND if abi >= _PORTS_SINCE and reach.ports is not None else 0
    scopes = _SCOPES if abi >= _SCOPES_SINCE else 0
    asked = struct.pack("<QQQ", files, ports, scopes)
    size = 8 if abi < _PORTS_SINCE else 16 if abi < _SCOPES_SINCE else 24
    rules = system_call(_CREATE, asked[:size], size, 0)
    try:
        written = files & ~_EXECUTE & ~_DEVICES
        for rights, paths in (
            (_READ_DIR, reach.list), (_READ, reach.read), (written, reach.write),
            (_EXECUTE | _READ_FILE, reach.execute),
        ):  # fmt: skip
            _allow(rules, rights & files, paths)
        for port in reach.ports or () if ports else ():
            system_call(_ADD, rules, 2, struct.pack("<QQ", _CONNECT, port), 0)
        system_call(_RESTRICT, rules, 0)
    finally:
        os.close(rules)


def _allow(rules: int, rights: int, paths: Iterable[Path]) -> None:
    for path in paths:
        try:
            number = os.open(path, os.O_PATH | os.O_CLOEXEC)
        except OSError:
            continue
        try:
            is_folder = stat.S_ISDIR(os.fstat(number).st_mode)
            given = rights if is_folder else rights & _OF_A_FILE
            system_call(_ADD, rules, 1, struct.pack("<Qi", given, number), 0)
        finally:
            os.close(number)


def held(abi: int, reach: Reach) -> dict[str, bool]:
    """What it holds back here, by words for people."""
    return {
        "files": abi >= 1,
        "ports": abi >= _PORTS_SINCE and reach.ports is not None,
        "signals": abi >= _SCOPES_SINCE,
    }
