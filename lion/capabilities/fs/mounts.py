"""Look here if you want to know how something mounted beneath a granted directory is told from
what is really in it.

Rule: a device is not enough: a directory, or a single file, of the same device may be mounted
over a name (a bind mount). Linux numbers its mounts; where nothing does, devices are compared.
"""

import ctypes
import os
import struct
import sys
from threading import local
from typing import Final

from lion.domain.call import CallError

MountId = tuple[int, int]
"""Device, and the number of the mount: 0 where the system has none."""

_SIZE: Final = 256
_WANTED: Final = 0x1000  # STATX_MNT_ID
_FLAGS: Final = 0x1000 | 0x100 | 0x800  # AT_EMPTY_PATH, AT_SYMLINK_NOFOLLOW, AT_NO_AUTOMOUNT
_MASK: Final = struct.Struct("=I")
_DEVICE_AND_MOUNT: Final = struct.Struct("=IIQ")
_AT: Final = 136
"""Where, in struct statx, device (major, minor) and mount id stand, one after the other."""
O_PATH: Final = getattr(os, "O_PATH", 0)


def mount_of(folder: int, name: bytes = b"") -> MountId:
    """On which mount an open file or directory is, or a name in it, links not followed.

    Raises OSError.
    """
    if _statx is not None:
        space = _room.space
        if _statx(folder, name, _FLAGS, _WANTED, space):
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number))
        if _MASK.unpack_from(space)[0] & _WANTED:
            major, minor, mount = _DEVICE_AND_MOUNT.unpack_from(space, _AT)
            return os.makedev(major, minor), mount
    return _slowly(folder, name)


def check_mount(mount: MountId, folder: int, name: bytes = b"") -> None:
    """Raise CallError if this is on another mount than the grant; OSError if it is not there."""
    if mount_of(folder, name) != mount:
        raise CallError("denied", "something else is mounted here; it needs a grant of its own")


def _slowly(folder: int, name: bytes) -> MountId:
    """The same for Linux before 5.8, and for systems whose mounts have no numbers."""
    if not sys.platform.startswith("linux"):
        if not name:
            return os.fstat(folder).st_dev, 0
        return os.stat(name, dir_fd=folder, follow_symlinks=False).st_dev, 0
    number = os.open(name or b".", O_PATH | os.O_NOFOLLOW, dir_fd=folder) if name else folder
    try:
        with open(f"/proc/self/fdinfo/{number}", encoding="ascii") as lines:
            found = next((line for line in lines if line.startswith("mnt_id:")), "mnt_id: 0")
        return os.fstat(number).st_dev, int(found.split()[1])
    finally:
        if number != folder:
            os.close(number)


class _Room(local):
    """Where the system writes its answer: one per thread, as several ask at once."""

    def __init__(self) -> None:
        self.space = ctypes.create_string_buffer(_SIZE)


def _find_statx() -> "ctypes._FuncPointer | None":
    try:
        found = ctypes.CDLL(None, use_errno=True).statx
    except (AttributeError, OSError):
        return None
    found.argtypes = (
        ctypes.c_int, ctypes.c_char_p, ctypes.c_int, ctypes.c_uint, ctypes.c_char_p,
    )  # fmt: skip
    return found


_room: Final = _Room()
_statx: Final = _find_statx()
