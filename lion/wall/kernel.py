"""Look here if you want to know how lion asks the kernel for what Python has no function for.

Rule: a call that fails is an OSError, with the kernel's number.
"""

import ctypes
import os
import platform
import sys
from typing import Final

IS_LINUX: Final = sys.platform == "linux"
MACHINE: Final = platform.machine()
_libc: Final = ctypes.CDLL(None, use_errno=True)


def system_call(number: int, *args: int | bytes | ctypes.Array[ctypes.c_char] | None) -> int:
    """What the kernel gives. Raises OSError."""
    given = (ctypes.c_long(a) if isinstance(a, int) else a for a in args)
    result: int = _libc.syscall(ctypes.c_long(number), *given)
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return result


def promise_no_new_privileges() -> None:
    """No program that this process starts gets more than it has (set-user-id and the like): what
    the kernel wants before anybody walls himself in. Raises OSError.
    """
    if _libc.prctl(38, 1, 0, 0, 0):
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
