"""Look here if you want to know which file systems hold no files at all, but the kernel's own
state: other processes, the host's memory and environment, devices.

Rule: nobody is granted one, not even to read: `/proc/self/mem` is this very process.
Source: linux/magic.h, and statfs(2) for the numbers that are not in it.
"""

import ctypes
import os
import struct
from typing import Final

_NAMES: Final = {
    0x9FA0: "proc", 0x62656572: "sysfs", 0x27E0EB: "cgroup", 0x63677270: "cgroup2",
    0x64626720: "debugfs", 0x74726163: "tracefs", 0x73636673: "securityfs",
    0x62656570: "configfs", 0xCAFE4A11: "bpf", 0x1CD1: "devpts", 0xDE5E81E4: "efivarfs",
    0xF97CFF8C: "selinuxfs", 0x43415D53: "smackfs", 0x6E736673: "nsfs", 0x6165676C: "pstore",
    0x42494E4D: "binfmt_misc", 0x65735543: "fusectl", 0x19800202: "mqueue",
    0x67596969: "rpc_pipefs", 0x07655821: "resctrl", 0xABBA1974: "xenfs",
}  # fmt: skip
_SIZE: Final = 256
_TYPE: Final = struct.Struct("@l")


def made_up(folder: int) -> str | None:
    """The name of the kernel's file system that an open directory is of, or None.

    Raises OSError.
    """
    if _fstatfs is None:
        return None
    space = ctypes.create_string_buffer(_SIZE)
    if _fstatfs(folder, space):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return _NAMES.get(_TYPE.unpack_from(space)[0] & 0xFFFF_FFFF)


def _find() -> "ctypes._FuncPointer | None":
    # Elsewhere the struct is another, and there is no such file system.
    if os.uname().sysname != "Linux":
        return None
    found = ctypes.CDLL(None, use_errno=True).fstatfs
    found.argtypes = (ctypes.c_int, ctypes.c_char_p)
    return found


_fstatfs: Final = _find()
