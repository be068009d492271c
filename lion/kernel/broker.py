"""Look here if you want to know what happens to a host call: the one door.

Each call is decided, charged, executed and recorded here, and nowhere else is an executor called.

Rule: no effect without a record. A call without outside effect is one record, appended when its
outcome is known, also if it is cancelled; one with an outside effect is an intent, committed
first, and an outcome.
Rule: a denial is a value for the guest; the instance lives on.
Rule: the log's refusal ends the call before its effect.
"""

from typing import Any

import msgspec
import trio

from lion.domain.call import CallError, Decision, Effect, Status, Target, Verdict
from lion.domain.decider import Decider
from lion.domain.events import CallFinished, CallRequested, Event
from lion.domain.question import Question
from lion.domain.record import Draft
from lion.errors import BrokenCall, LionError
from lion.kernel.invocation import Invocation
from lion.policy.decide import words_for_guest
from lion.ports import Kind, Operation, Tables

MAX_TARGET = 8_192
"""Characters of a call's target; matching a longer one against patterns would hold up the loop."""
UNDECIDED = Decision(Verdict.DENY, "it was not decided", Decider.NOBODY)
TOO_LONG = f"its target is longer than {MAX_TARGET:,} characters"

CANCELLED = ("err", ("cancelled", "the call was cancelled"))
UNKNOWN = ("err", ("cancelled", "the call was cut off; whether it took effect is not known"))

UNWRITABLE = (OverflowError, TypeError, ValueError, RecursionError)
"""What an encoder raises for a value that no record can hold."""
_UNKNOWN = Status.UNKNOWN, UNKNOWN
_ALLOW, _NONE, _OUTSIDE, _COMPLETED = Verdict.ALLOW, Effect.NONE, Effect.OUTSIDE, Status.COMPLETED
_INSTANT, _WAITING = Kind.INSTANT, Kind.WAITING
"""What most calls meet; an enum's member costs more to look up than a name."""


class _Call(msgspec.Struct):
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


class Broker:
    """Answers the host calls of one invocation."""

    def __init__(self, invocation: Invocation) -> None:
        self._caller = invocation
        self._owner = invocation.owner
        self._share = invocation.owner.share
        self._operations = invocation.owner.operations
        self._log = invocation.live.log
        self._counts = invocation.live.counts
        self._now = invocation.clock.now_ns
        self._scope = invocation.scope
        self._purse = invocation.purse
        self._judge = invocation.live.judge

    async def handle(self, index: int, args: list[Any]) -> Any:
        """Answer a call of the component's import `index`: ("ok", value) or ("err", (case, text)).

        Raises AuditError if the log refuses, InternalError if an executor breaks.
        """
        operation = self._operations[index]
        self._share.check()
        self._caller.number += 1
        self._counts.calls += 1
        call = self._read(operation, args)
        if call.refusal is None:
            decision = self._judge.at_once(self._caller, call.question)
            if decision is None:
                decision = await self._ask(call)
            call.decision, self._caller.grant = decision, decision.grant
            if decision.verdict is not _ALLOW:
                call.refusal = "denied", words_for_guest(decision)
        if call.refusal is not None:
            value = self._deny(call, call.refusal)
        elif operation.output_bytes is not None or self._purse.counts_calls:
            value = await self._charged(call)
        elif operation.kind is _INSTANT and operation.effect is _NONE:
            value = self._instant(call)
        else:
            value = await self._execute(call)
        if value[0] != "ok":
            self._caller.outside.note(operation.capability, operation.name, value[1])
        if self._log.is_full:
            await self._log.wait_room()
        return value

    async def _ask(self, call: _Call) -> Decision:
        """The decision of a call about which somebody has to be asked."""
        try:
            return await self._judge.decide(self._caller, call.question, call.number, call.args)
        except trio.Cancelled:
            call.decision = UNDECIDED
            self._append(call, Status.CANCELLED, CANCELLED)
            raise

    def _read(self, operation: Operation, args: list[Any]) -> _Call:
        """What a call is about; it is refused already where that cannot be said."""
        target: Target = ""
        try:
            if operation.screen is not None:
                operation.screen(self._caller, args)
        except CallError as exc:
            # What was found in the arguments may not be recorded, so they are not.
            return self._unread(operation, "", [], Decider.SCREEN, exc)
        try:
            if operation.target is not None:
                target = operation.target(args)
        except CallError as exc:
            return self._unread(operation, "", args, Decider.ARGUMENTS, exc)
        text = str(target)
        if len(text) > MAX_TARGET:
            error = CallError("invalid", TOO_LONG)
            return self._unread(operation, text[:MAX_TARGET], args, Decider.BOUNDS, error)
        self._caller.target = target
        question = Question(self._caller.holder, operation.capability, operation.name, target)
        return _Call(operation, self._caller.number, question, args, UNDECIDED)

    def _unread(
        self, operation: Operation, target: str, args: list[Any], by: Decider, error: CallError
    ) -> _Call:
        question = Question(self._caller.holder, operation.capability, operation.name, target)
        decision, refusal = Decision(Verdict.DENY, error.text, by), (error.case, error.text)
        return _Call(operation, self._caller.number, question, args, decision, refusal)

    async def _charged(self, call: _Call) -> Any:
        """Execute a call that costs something of a budget, if that is there."""
        output_bytes = call.operation.output_bytes
        output = 0 if output_bytes is None else output_bytes(call.args)
        refusal = self._purse.reserve(1, output)
        if refusal is not None:
            call.decision = Decision(Verdict.DENY, refusal.reason, Decider.BUDGET)
            return self._deny(call, ("exhausted", refusal.text))
        value = await self._execute(call)
        if output and value[0] != "ok":
            self._purse.settle(output=output)
        return value

    async def _execute(self, call: _Call) -> Any:
        operation = call.operation
        if operation.effect is _OUTSIDE:
            return await self._outside(call)
        if operation.kind is _WAITING:
            return await self._waiting(call)
        if operation.kind is _INSTANT:
            return self._instant(call)
        return await self._stored(call)

    def _instant(self, call: _Call) -> Any:
        try:
            value: Any = ("ok", call.operation.execute(self._caller, *call.args))
        except CallError as exc:
            value = ("err", (exc.case, exc.text))
        except Exception as exc:
            raise self._broken(call, exc) from exc
        if call.operation.capability == "log" and call.args[0] == "error":
            self._caller.words = call.args[1]
        self._append(call, _status(value), value)
        return value

    async def _waiting(self, call: _Call) -> Any:
        try:
            value: Any = ("ok", await call.operation.execute(self._caller, *call.args))
        except CallError as exc:
            value = ("err", (exc.case, exc.text))
        except LionError:
            self._append(call, Status.UNKNOWN, UNKNOWN)
            raise
        except Exception as exc:
            raise self._broken(call, exc) from exc
        except BaseException:
            self._append(call, Status.CANCELLED, CANCELLED)
            raise
        self._append(call, _status(value), value)
        return value

    async def _stored(self, call: _Call) -> Any:
        """Execute inside the transaction that records it."""

        def operate(tables: Tables) -> Any:
            try:
                return ("ok", call.operation.execute(tables, self._caller, *call.args))
            except CallError as exc:
                return ("err", (exc.case, exc.text))

        def draft(value: Any) -> Draft:
            return Draft(self._scope, call.number, self._now(), call.event(_status(value), value))

        # Once begun the transaction happens; the guest may be gone before it learns so.
        try:
            with trio.CancelScope(shield=True):
                value, size = await self._log.transact(operate, draft)
        except LionError:
            raise
        except Exception as exc:
            raise self._broken(call, exc) from exc
        self._charge(size)
        await trio.lowlevel.checkpoint_if_cancelled()
        return value

    async def _outside(self, call: _Call) -> Any:
        """Execute a call the world can see: its intent is durable first."""
        operation, decision = call.operation, call.decision
        intent = CallRequested(
            capability=operation.capability, operation=operation.name,
            target=str(call.question.target), args=call.args, verdict=decision.verdict,
            reason=decision.reason, decided_by=decision.decided_by, opinions=decision.opinions,
        )  # fmt: skip
        size = self._record(intent, call.number)
        # Cancelled before its intent is durable, it was not begun; after, nobody knows.
        status, value = Status.CANCELLED, CANCELLED
        try:
            await self._log.commit()
            status, value = Status.UNKNOWN, UNKNOWN
            value = ("ok", await operation.execute(self._caller, *call.args))
            status = Status.COMPLETED
        except CallError as exc:
            status, value = Status.FAILED, ("err", (exc.case, exc.text))
        except LionError:
            raise
        except Exception as exc:
            raise self._bug(operation, exc) from exc
        finally:
            size += self._record_outcome(call, status, value)
            self._share.charge(size)
        self._share.check()
        return value

    def _record_outcome(self, call: _Call, status: Status, value: Any) -> int:
        try:
            return self._record(CallFinished(status=status, value=value), call.number)
        except UNWRITABLE as exc:
            unknown = CallFinished(status=Status.UNKNOWN, value=UNKNOWN)
            self._record(unknown, call.number)
            raise self._bug(call.operation, exc) from exc

    def _record(self, event: Event, number: int) -> int:
        return self._log.append(Draft(self._scope, number, self._now(), event))

    def _deny(self, call: _Call, error: tuple[str, str]) -> Any:
        self._counts.denied += 1
        value = ("err", error)
        self._append(call, Status.DENIED, value)
        self._caller.live.note_denial(call.question, call.decision)
        return value

    def _broken(self, call: _Call, exc: Exception) -> BrokenCall:
        self._append(call, Status.UNKNOWN, UNKNOWN)
        return self._bug(call.operation, exc)

    def _append(self, call: _Call, status: Status, value: Any) -> None:
        draft = Draft(self._scope, call.number, self._now(), call.event(status, value))
        try:
            size = self._log.append(draft)
        except UNWRITABLE as exc:
            call.args = []
            unknown = Draft(self._scope, call.number, self._now(), call.event(*_UNKNOWN))
            self._log.append(unknown)
            raise self._bug(call.operation, exc) from exc
        self._charge(size)

    def _charge(self, size: int) -> None:
        """Count a record of this holder's. Raises GuestError if its share is used up by it."""
        self._share.charge(size)
        self._share.check()

    def _bug(self, operation: Operation, exc: Exception) -> BrokenCall:
        name = f"{operation.capability}.{operation.name}"
        bug = BrokenCall(f"{name} broke: {type(exc).__name__}: {str(exc)[:200]}")
        self._caller.live.note_broken(bug)
        return bug


def _status(value: Any) -> Status:
    return _COMPLETED if value[0] == "ok" else Status.FAILED
