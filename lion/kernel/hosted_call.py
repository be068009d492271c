"""Look here if you want to know what the broker knows of a host call under way, and what its
records say of it.
"""

from typing import Any, Final

import msgspec

from lion.domain.call import CallError, Decision, Status, Target
from lion.domain.events import CallFinished, CallRequested, CallWaits
from lion.domain.question import Question
from lion.errors import BrokenCall
from lion.kernel.budgets import OUTPUT
from lion.ports import Operation

CANCELLED = ("err", ("cancelled", "the call was cancelled"))
UNKNOWN = ("err", ("cancelled", "the call was cut off; whether it took effect is not known"))


UNWRITABLE = (OverflowError, TypeError, ValueError, RecursionError)
"""What an encoder raises for a value that no record can hold."""

NOTHING: Final[dict[str, int]] = {}
"""What a call costs that costs nothing; for all of them, since making a dict takes time."""
MILLISECOND: Final = 1_000_000


class HostedCall(msgspec.Struct):
    """One host call. `number` is its ordinal within the invocation, `target` what it is about and
    `text` that in words, `refusal` the error that the guest gets if it may not be, `began_ns` when
    it came (nanoseconds since 1970), `charged` what it cost of budgets.
    """

    operation: Operation
    holder: str
    number: int
    target: Target
    text: str
    args: list[Any]
    decision: Decision
    began_ns: int
    refusal: tuple[str, str] | None = None
    charged: dict[str, int] | None = None

    @property
    def question(self) -> Question:
        """What its decision depends on."""
        return Question(self.holder, self.operation.capability, self.operation.name, self.target)

    def store(self, caller: Any) -> str:
        """The store of its caller's that it works on, if it is a stored one."""
        return str(caller.namespace) + self.operation.store

    def failed(self, error: CallError) -> Any:
        """The value of the guest's own error; output that was not made costs nothing."""
        if self.charged is not None:
            self.charged.pop(OUTPUT, None)
        return ("err", (error.case, error.text))

    def event(
        self, status: Status, value: Any, now_ns: int, kept: dict[str, Any] | None
    ) -> CallFinished:
        """The single record of a call without outside effect."""
        operation, decision, grant = self.operation, self.decision, self.decision.grant
        took_ns = now_ns - self.began_ns
        return operation.event(
            status, value, self.args, max(0, took_ns), self.charged or NOTHING,
            kept, operation.capability, operation.name, self.text,
            decision.verdict, decision.reason, decision.decided_by, decision.opinions,
            "" if grant is None else grant.line,
        )  # fmt: skip

    async def look(self, caller: Any) -> dict[str, Any] | None:
        """What it is about, before it has its effect."""
        look = self.operation.look
        return None if look is None else await look(caller, *self.args)

    def waits(self, caller: Any) -> CallWaits | None:
        """The record of a wait for an instant more than a millisecond ahead, if it is one."""
        operation = self.operation
        until = None if operation.until is None else operation.until(caller, self.args)
        if until is None or until - caller.clock.monotonic_ns() <= MILLISECOND:
            return None
        return CallWaits(
            capability=operation.capability, operation=operation.name,
            until_ns=min(until, 2**63 - 1),
        )  # fmt: skip

    def intent(self, found: dict[str, Any] | None) -> CallRequested:
        """The first record of a call with an outside effect."""
        operation, decision = self.operation, self.decision
        return CallRequested(
            capability=operation.capability, operation=operation.name,
            target=self.text, args=self.args, found=found,
            verdict=decision.verdict, reason=decision.reason, decided_by=decision.decided_by,
            opinions=decision.opinions, grant=_line(decision),
        )  # fmt: skip

    def outcome(
        self, status: Status, value: Any, now_ns: int, kept: dict[str, Any] | None
    ) -> CallFinished:
        """Its second one."""
        return CallFinished(
            status=status, value=value, took_ns=max(0, now_ns - self.began_ns),
            charged=self.charged or NOTHING, kept=kept,
        )  # fmt: skip

    def broken(self, exc: BaseException) -> BrokenCall:
        """The error for an executor that broke."""
        what = f"{self.operation.capability}.{self.operation.name} broke: {type(exc).__name__}"
        return BrokenCall(f"{what}: {str(exc)[:200]}")


def _line(decision: Decision) -> str:
    return "" if decision.grant is None else decision.grant.line


def status_of(value: Any) -> Status:
    """How a call ended that was executed."""
    return Status.COMPLETED if value[0] == "ok" else Status.FAILED
