"""Look here if you want to know how stores of kv belong to one process for a moment, so that it
can answer from memory.

Rule: a lease is a lock of the kernel's (flock) on one of a few files; which one is the namespace's
hash. It is held by groups: from the first of them that has something of a store in it, until the
last of them is written. So it is never held while a guest waits for the world.
Rule: whoever waits for a lease locks a file of its own for that; a holder that sees this begins no
group with its leases any more, and lets others go first.
"""

import fcntl
import os
from functools import partial
from pathlib import Path
from typing import Final

import trio

from lion.log.holders import sign
from lion.log.lease_files import FILES, WANTED, lock_file, name_of, number_of, open_file
from lion.log.ownership import try_lock

PAUSE_SECONDS: Final = 0.05
"""After it gave way a process lets this long pass: others look again more often than that."""
Holder = object
"""A group, or who opens a store meanwhile."""


class Lease:
    """One of a log's. `generation` changes whenever it was let go of: others may have had it."""

    def __init__(self, directory: Path, number: int, threads: trio.CapacityLimiter) -> None:
        self._threads = threads
        self.turn = trio.Lock()
        self.generation = 0
        self._directory = directory
        self._name = name_of(number)
        self._file = -1
        self._holders: list[Holder] = []
        self._gives_way = False
        self._paused_until = 0.0
        self._released = trio.Event()

    @property
    def is_held(self) -> bool:
        """By this process."""
        return bool(self._holders)

    def join(self, holder: Holder) -> bool:
        """Hold it too, if it is held and nobody else waits for it."""
        if holder in self._holders:
            return True
        if not self._holders or self._gives_way:
            return False
        self._holders.append(holder)
        return True

    async def take(self, holder: Holder) -> None:
        """Hold it; waits for other processes, and says for whom (holders.py). Raises AuditError,
        OSError.
        """
        while not self.join(holder):
            if self._holders:
                await self._released.wait()
            elif (left := self._paused_until - trio.current_time()) > 0:
                await trio.sleep(left)
            else:
                await self._lock()
                self._holders.append(holder)

    def add(self, holder: Holder) -> None:
        """Let somebody hold it too who must: it is held."""
        if holder not in self._holders:
            self._holders.append(holder)

    def leave(self, holder: Holder) -> None:
        """Hold it no longer."""
        self._holders.remove(holder)
        if self._holders:
            return
        fcntl.flock(self._file, fcntl.LOCK_UN)
        self.generation += 1
        if self._gives_way:
            self._paused_until = trio.current_time() + PAUSE_SECONDS
        self._gives_way = False
        self._released.set()
        self._released = trio.Event()

    def give_way(self) -> None:
        """Let nobody join it until it was let go of."""
        self._gives_way = True

    def close(self) -> None:
        """Let go of it, and of its file."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    async def _lock(self) -> None:
        if self._file < 0:
            self._file = open_file(self._directory, self._name)
        if not try_lock(self._file, fcntl.LOCK_EX):
            wait = partial(lock_file, self._directory, self._name, self._file)
            await trio.to_thread.run_sync(wait, limiter=self._threads)
        sign(self._file)


class Leases:
    """Those of one log."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._threads = trio.CapacityLimiter(FILES)
        """Of their own: who writes the groups, so that leases are let go of, needs one too."""
        self._leases: dict[int, Lease] = {}
        self._wanted = -1

    def of(self, namespace: str) -> Lease:
        """The one that a namespace belongs to."""
        number = number_of(namespace)
        if number not in self._leases:
            self._leases[number] = Lease(self._directory, number, self._threads)
        return self._leases[number]

    def is_wanted(self) -> bool:
        """Whether another process waits for any lease of this log."""
        if self._wanted < 0:
            try:
                self._wanted = open_file(self._directory, WANTED)
            except OSError:  # of files that are open at once: others wait a little longer
                return False
        if not try_lock(self._wanted, fcntl.LOCK_EX):
            return True
        fcntl.flock(self._wanted, fcntl.LOCK_UN)
        return False

    def close(self) -> None:
        """Let go of all."""
        for lease in self._leases.values():
            lease.close()
        if self._wanted >= 0:
            os.close(self._wanted)
            self._wanted = -1
