"""Look here if you want to know what the list of runs says of one."""

from enum import StrEnum
from typing import Final

import msgspec

TRIES: Final = 3
"""To go on with a run, in a row, that came no further; then only who insists tries again."""


class RunState(StrEnum):
    """How far a run is."""

    RUNNING = "running"
    INTERRUPTED = "interrupted"
    """Its process is gone and wrote no ending; it can be resumed."""
    QUARANTINED = "quarantined"
    """The same, and it came no further three times in a row."""
    ENDED = "ended"
    DAMAGED = "damaged"
    """What the list of runs says of it makes no sense."""


class RunSummary(msgspec.Struct, frozen=True):
    """One run of a log. `exit_code` is None while it has no RunFinished; `is_live` if its owner
    still holds the lock; `bytes` is what its records are counted as, `tries` how often in a row it
    was resumed and came no further."""

    run: str
    manifest_name: str
    started_ns: int
    records: int
    exit_code: int | None
    is_live: bool
    bytes: int = 0
    is_damaged: bool = False
    tries: int = 0

    @property
    def state(self) -> RunState:
        if self.is_damaged:
            return RunState.DAMAGED
        if self.exit_code is not None:
            return RunState.ENDED
        if self.is_live:
            return RunState.RUNNING
        return RunState.QUARANTINED if self.tries >= TRIES else RunState.INTERRUPTED
