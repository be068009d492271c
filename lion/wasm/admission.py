"""Look here if you want to know how many instances may live at once, and why the limit comes
before mmap's.

Each instance takes memory mappings (its memory, its fiber's stack, their guards). Linux allows a
process
vm.max_map_count of them (65,530 by default); at the limit mmap fails inside wasmtime and the
process dies.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lion.errors import GuestError

MAPPINGS = 6
"""Mappings one instance takes at most (5 measured with memory_init_cow off, one to spare)."""
RESERVE = 5_000
"""Mappings left to the rest of the process: libraries, threads, compiled code."""
ELSEWHERE = 8_000
"""Instances where the system names no limit (macOS)."""


def _read_limit() -> int:
    try:
        limit = int(Path("/proc/sys/vm/max_map_count").read_text())
    except (OSError, ValueError):
        return ELSEWHERE
    return max(1, (limit - RESERVE) // MAPPINGS)


class Admission:
    """Counts live instances and refuses one too many."""

    def __init__(self, limit: int | None = None) -> None:
        self.limit = _read_limit() if limit is None else limit
        self.live = 0

    @contextmanager
    def admit(self) -> Iterator[None]:
        """Hold a place for one instance. Raises GuestError(ending="exhausted") if there is
        none.
        """
        if self.live >= self.limit:
            raise GuestError(
                f"{self.live} instances are alive, which is all this machine has room for",
                ending="exhausted",
                began=False,
                hint="let some end first, or raise the sysctl vm.max_map_count",
            )
        self.live += 1
        try:
            yield
        finally:
            self.live -= 1
