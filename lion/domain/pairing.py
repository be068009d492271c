"""Look here if you want to know how the two records of a call with an outside effect are one call
again.
"""

import msgspec

from lion.domain.events import CallFinished, CallRequested
from lion.domain.record import Record


class Pairs:
    """A fold over a run's records, in order: an intent is kept until its outcome comes."""

    def __init__(self) -> None:
        self._intents: dict[tuple[str, int], CallRequested] = {}

    @property
    def is_empty(self) -> bool:
        """No intent waits for its outcome."""
        return not self._intents

    def note(self, record: Record, intent: CallRequested) -> None:
        """Keep an intent."""
        self._intents[record.invocation, record.call] = intent

    def join(self, record: Record, outcome: CallFinished) -> tuple[CallFinished, bool]:
        """The call as a whole, request and decision included; whether an intent was kept of it."""
        intent = self._intents.pop((record.invocation, record.call), None)
        if intent is None:
            return outcome, False
        whole = msgspec.structs.replace(
            outcome, capability=intent.capability, operation=intent.operation,
            target=intent.target, args=intent.args, verdict=intent.verdict, reason=intent.reason,
            decided_by=intent.decided_by, opinions=intent.opinions, grant=intent.grant,
        )  # fmt: skip
        return whole, True
