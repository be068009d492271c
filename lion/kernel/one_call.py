"""Look here if you want to know what the door knows of one host call while it is answered."""

from typing import Any

import msgspec

from lion.domain.call import Decision, Status
from lion.domain.events import CallFinished
from lion.domain.question import Question
from lion.ports import Operation


class OneCall(msgspec.Struct):
    """One host call. `number` is its ordinal within the invocation, `refusal` the error that the
    guest gets if it may not be.
    """

    operation: Operation
    number: int
    question: Question
    args: list[Any]
    decision: Decision
    refusal: tuple[str, str] | None = None

    def event(self, status: Status, value: Any) -> CallFinished:
        """The single record of a call without outside effect."""
        operation, decision = self.operation, self.decision
        return operation.event(
            status, value, operation.capability, operation.name, str(self.question.target),
            self.args, decision.verdict, decision.reason, decision.decided_by, decision.opinions,
        )  # fmt: skip
