"""Look here if you want to know whether a run may add a record: it is ours, goes on, has room.

Rule: RunFinished is always taken, so that a run that used up its quota can still say how it ended.
"""

from pathlib import Path

from lion.domain.events import Event, RunFinished
from lion.domain.units import round_size
from lion.errors import AuditError, InternalError, LionError

DEFAULT_QUOTA = 1024 * 1024 * 1024
"""Bytes of log a run may fill."""

RECORD_BYTES = 256
"""What a record's other fields are counted as, beside its body."""


class RunQuota:
    """What a run of ours has used of its quota; `bytes` counts all that is appended."""

    __slots__ = ("bytes", "has_ended", "quota", "run")

    def __init__(self, run: str, quota: int, used: int = 0) -> None:
        self.run = run
        self.quota = quota
        self.bytes = used
        self.has_ended = False

    def check_room(self, event: Event, size: int) -> None:
        """Raise AuditError if there is no room for a record of `size` bytes."""
        if self.bytes + size > self.quota and not isinstance(event, RunFinished):
            raise self._used_up()

    def charge(self, event: Event, size: int) -> None:
        """Count a record of `size` bytes. Raises AuditError if the run has ended or is full."""
        if self.has_ended:
            raise ended(self.run)
        if self.bytes + size > self.quota:
            self.check_room(event, size)
        self.bytes += size
        if type(event) is RunFinished:
            self.has_ended = True

    def _used_up(self) -> AuditError:
        return AuditError(
            f"run {self.run} has used up its quota of log: "
            f"{round_size(self.bytes)} of {round_size(self.quota)}",
            hint="let the run record less, or give it a larger log quota",
            run=self.run,
            limit=self.quota,
            used=self.bytes,
        )


def ended(run: str) -> AuditError:
    """Build the error for a record after RunFinished."""
    return AuditError(
        f"run {run} has ended: nothing can be added to it", hint="start a new run", run=run
    )


def not_started(run: str) -> InternalError:
    """Build the error for a record of a run that this log was not told to start."""
    return InternalError(
        f"run {run!r} was appended to before EventLog.start_run({run!r}, ...)", run=run
    )


def refused(directory: Path, cause: Exception) -> AuditError:
    """Build the error of a log whose last write failed."""
    if isinstance(cause, LionError):
        return AuditError(cause.what, hint=cause.hint, **cause.facts)
    return AuditError(
        f"the log in {directory} cannot be written: {cause}",
        hint="nothing is done without a record: mend the disk or directory and run again",
        directory=str(directory),
    )


def closed(directory: Path) -> AuditError:
    """Build the error for what comes after the log was closed."""
    return AuditError(f"the log in {directory} is closed", directory=str(directory))
