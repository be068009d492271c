"""Look here if you want to know what a message is once it has left its run: a letter.

Rule: it is made of the record of the call that sent it, and of nothing else.
Rule: letters of one service are counted upwards, so that one can be told from a repetition.
"""

from collections.abc import Callable
from typing import Any, Final

import msgspec

from lion.domain.events import CallFinished
from lion.domain.record import Record

LEAVES: Final[dict[str, Any]] = {"leaves": True}
"""Kept beside the outcome of a call whose message is to leave the run."""


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """A message from `sender`, an address, to another one, or on a topic (the other is empty).

    `epoch` and `position` are when its service began to send and where in its log the call is;
    `run` is whose call it was, as far as that is this service's own, and `time_ns` when it was.
    """

    service: str
    epoch: int
    position: int
    sender: str
    to: str = ""
    topic: str = ""
    payload: str
    run: str = ""
    time_ns: int = 0

    @property
    def id(self) -> str:
        """Its own, among all services."""
        return f"{self.service}/{self.epoch}/{self.position}"

    @property
    def place(self) -> tuple[int, int]:
        """Which of its service's it is; later ones are larger."""
        return self.epoch, self.position


def letter_of(
    record: Record, service: str, epoch: int, task_of: Callable[[str], str]
) -> Letter | None:
    """What a record sends on, if it is of a call that does. `task_of` says which task a run
    carries out (empty: that is not known any more).
    """
    if record.type != CallFinished.__name__ or not record.body:
        return None
    event = record.event()
    if not isinstance(event, CallFinished) or event.capability != "bus" or not event.kept:
        return None
    args = event.args or []
    if event.value[0] != "ok" or not event.kept.get("leaves") or len(args) != 2:
        return None
    is_sent = event.operation == "send"
    task = task_of(record.run)
    return Letter(
        service=service, epoch=epoch, position=record.position,
        sender=f"@{service}/{task}{'/' if task else ''}{record.principal}",
        to=args[0] if is_sent else "", topic="" if is_sent else args[0],
        payload=args[1], run=record.run, time_ns=record.time_ns,
    )  # fmt: skip
