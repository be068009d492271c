"""Look here if you want to know how many instances may live at once, and why the limit comes
before mmap's.

Each instance takes memory mappings (its memories, its fiber's stack, their guards). Linux allows
a process vm.max_map_count of them (65,530 by default); at the limit mmap fails inside wasmtime and
the process dies. Each memory also reserves 4 GiB of addresses, of which a process has 128 TiB.

Rule: a place is that of an instance with one memory; one with more takes several.
"""

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lion.errors import GuestError, OperatorError

MAPPINGS = 6
"""Mappings one instance of one memory takes at most (5 measured with memory_init_cow off, one to
spare). Each further memory takes 2.
"""
FURTHER = 2
"""Memories beyond the first that take one place more: fewer than mappings allow, for the addresses
they reserve.
"""
MOST = 12_000
"""Instances that addresses are enough for: at 16 memories in 9 places, 4.06 GiB each, 85 of the
128 TiB. It matters where vm.max_map_count was raised.
"""
RESERVE = 5_000
"""Mappings left to the rest of the process: libraries, threads, compiled code."""
ELSEWHERE = 8_000
"""Instances where the system names no limit (macOS)."""


ADDRESSES = 4 * 1024**3 + 128 * 1024**2
"""Bytes of address space of an instance with one memory, guards and stack included."""
_TAKEN = Path("/proc/self/statm")
_GIB = 1024**3


def check_addresses() -> None:
    """Raise OperatorError where this process may not have the address space of a single instance:
    no run could do anything. (macOS heeds no such limit.)
    """
    limit = resource.getrlimit(resource.RLIMIT_AS)[0]
    if limit == resource.RLIM_INFINITY or not _TAKEN.exists():
        return
    taken = int(_TAKEN.read_text().split()[0]) * resource.getpagesize()
    if limit - taken < ADDRESSES:
        raise OperatorError(
            f"a guest needs {ADDRESSES / _GIB:.1f} GiB of address space (which is no memory), and "
            f"this process may have {limit / _GIB:.1f} GiB, of which {taken / _GIB:.1f} are taken",
            hint="raise the limit, with `ulimit -v unlimited` or where it is set",
            limit=limit,
            taken=taken,
        )


def _read_limit() -> int:
    try:
        limit = int(Path("/proc/sys/vm/max_map_count").read_text())
    except (OSError, ValueError):
        return ELSEWHERE
    return max(1, min((limit - RESERVE) // MAPPINGS, MOST))


class Admission:
    """Counts live instances and refuses one too many."""

    def __init__(self, limit: int | None = None) -> None:
        """`limit` are places."""
        self.limit = _read_limit() if limit is None else limit
        self.live = 0
        self.taken = 0

    @contextmanager
    def admit(self, memories: int = 1) -> Iterator[None]:
        """Hold places for one instance of so many memories. Raises GuestError(ending="exhausted")
        if there are none.
        """
        places = 1 + -(-(memories - 1) // FURTHER)
        if self.taken + places > self.limit:
            raise GuestError(
                f"{self.live} instances are alive, which is all this machine has room for",
                ending="exhausted",
                began=False,
                is_shared=True,
                hint="let some end first, or raise the sysctl vm.max_map_count",
            )
        self.live += 1
        self.taken += places
        try:
            yield
        finally:
            self.live -= 1
            self.taken -= places
