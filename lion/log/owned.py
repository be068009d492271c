"""Look here if you want to know which runs an open log writes, how far their clocks are, and how
far their listeners have heard.

Rule: where nothing is recorded for a while, a run's clock is noted every second in the file of its
lock: it proves nothing, and is all that who goes on with the run can know of silence.
Rule: what a listener has heard is noted there once it has come back, and nothing waits for a disk:
what is not there after all is told again.
"""

import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

import msgspec
import trio

from lion.log.ownership import lock_path, release

BEAT_SECONDS: Final = 1.0
_PLACE: Final = 128
"""Where in that file it stands: behind what holders.py writes."""
_DIGITS: Final = 20
_HEARD: Final = 256
"""Where it stands how far listeners are: a line of JSON."""
_LARGEST: Final = 1024 * 1024


def no_clock() -> int:
    """Of a run whose clock nobody told."""
    return 0


class OwnedRuns:
    """The runs of one open log: their locks, and their clocks (nanoseconds)."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._locks: dict[str, int] = {}
        self._clocks: dict[str, Callable[[], int]] = {}

    def add(self, run: str, lock: int, clock: Callable[[], int] | None) -> None:
        """A run whose lock was taken."""
        self._locks[run] = lock
        self._clocks[run] = clock or no_clock

    def let_go(self, run: str, *, for_ever: bool) -> None:
        """Own it no longer, if it is owned; `for_ever`: nobody will."""
        lock = self._locks.pop(run, None)
        self._clocks.pop(run, None)
        if lock is not None:
            release(self._directory, run, lock, for_ever=for_ever)

    def let_all_go(self) -> None:
        """Own none any longer."""
        for run in list(self._locks):
            self.let_go(run, for_ever=False)

    def times(self) -> dict[str, int]:
        """What their clocks say."""
        return {run: clock() for run, clock in self._clocks.items()}

    def note_heard(self, run: str, heard: Mapping[str, int]) -> None:
        """How far its listeners are, by name: the seq of the last record that each has heard."""
        lock = self._locks.get(run)
        if lock is not None:
            with suppress(OSError):
                os.pwrite(lock, msgspec.json.encode(heard) + b"\n", _HEARD)

    async def beat(self) -> None:
        """For ever: note what the clocks say."""
        while True:
            await trio.sleep(BEAT_SECONDS)
            for run, lock in self._locks.items():
                if clock := self._clocks[run]():  # else it is not known yet, and what was is
                    os.pwrite(lock, f"{clock:0{_DIGITS}}".encode("ascii"), _PLACE)


def read_beat(directory: Path, run: str) -> int:
    """What was noted last of a run's clock; 0 if nothing can be read."""
    try:
        with open(lock_path(directory, run), "rb") as file:
            file.seek(_PLACE)
            return int(file.read(_DIGITS))
    except (OSError, ValueError):
        return 0


def read_heard(directory: Path, run: str) -> dict[str, int]:
    """What was noted last of a run's listeners; nothing if it cannot be read."""
    try:
        with open(lock_path(directory, run), "rb") as file:
            file.seek(_HEARD)
            line = file.readline(_LARGEST)
        return msgspec.json.decode(line, type=dict[str, int])
    except (OSError, msgspec.DecodeError):
        return {}
