"""Look here if you want to know what happens to a host call: the one door.

Each call is decided, charged, executed and recorded here, and nowhere else is an executor called.

Rule: no effect without a record. A call without outside effect is one record, appended when its
outcome is known, also if it is cancelled; one with one is an intent, committed first, and an
outcome.
Rule: a denial is a value for the guest; the instance lives on.
Rule: the log's refusal ends the call before its effect.
"""

from collections.abc import Callable
from typing import Any

import trio

from lion.domain.call import CallError, Decision, Effect, Status, Verdict
from lion.domain.decider import ASKED_LATER, Decider
from lion.domain.events import Event
from lion.domain.record import Draft
from lion.errors import BrokenCall, LionError
from lion.kernel.groups import is_cut
from lion.kernel.hosted_call import CANCELLED, UNKNOWN, UNWRITABLE, HostedCall, status_of
from lion.kernel.invocation import Invocation
from lion.kernel.judge import not_approved
from lion.kernel.read_call import UNDECIDED, read_call
from lion.ports import Kind, Tables

_ALLOW, _NONE, _OUTSIDE = Verdict.ALLOW, Effect.NONE, Effect.OUTSIDE
_COMPLETED, _FAILED = Status.COMPLETED, Status.FAILED
_INSTANT, _WAITING = Kind.INSTANT, Kind.WAITING
"""What most calls meet; an enum's member costs more to look up than a name."""


class Broker:
    """Answers the host calls of one invocation."""

    def __init__(self, invocation: Invocation) -> None:
        self._caller = invocation
        self._share = invocation.owner.share
        self._operations = invocation.owner.operations
        self._log, self._counts = invocation.live.log, invocation.live.counts
        self._now = invocation.clock.now_ns
        self._scope = invocation.scope
        self._purse = invocation.purse
        self._judge, self._at_once = invocation.live.judge, invocation.live.judge.at_once

    async def handle(self, index: int, args: list[Any]) -> Any:
        """Answer a call of the component's import `index`: ("ok", value) or ("err", (case, text)).
        Raises AuditError if the log refuses, InternalError if an executor breaks.
        """
        operation, caller, share = self._operations[index], self._caller, self._share
        if share.used > share.free:
            share.check()
        caller.number += 1
        self._counts.calls += 1
        call = read_call(caller, operation, args, self._now())
        if call.refusal is None:
            decision = self._at_once(caller, operation.capability, operation.name, call.target)
            if decision is None:
                decision = await self._ask(call)
            call.decision, caller.grant = decision, decision.grant
            if decision.verdict is not _ALLOW:
                call.refusal = caller.refusal(call.question, decision)
        if call.refusal is not None:
            value = self._deny(call, call.refusal)
        elif operation.output_bytes is not None or self._purse.counts_calls:
            value = await self._charged(call)
        elif operation.kind is _INSTANT and operation.effect is _NONE:
            value = self._instant(call)
        else:
            value = await self._execute(call)
        if value[0] != "ok":
            caller.note_error(call.question, call.decision, value[1])
        if self._log.is_full:
            await self._log.wait_room()
        return value

    async def _ask(self, call: HostedCall) -> Decision:
        """The decision of a call about which somebody has to be asked."""
        unseen, later = call.operation.unseen, call.operation.later
        asked = self._caller, call.question, call.number, call.args
        if later is not None and later(call.args):
            if (decision := self._judge.later(*asked)).decided_by == ASKED_LATER:
                self._caller.asked_later = call.number
            return decision
        try:
            note = "" if unseen is None else unseen(self._caller, call.args)
            return await self._judge.decide(*asked, note)
        except CallError as exc:
            return not_approved(UNDECIDED, reason=exc.text)
        except BaseException:
            call.decision = UNDECIDED
            self._append(call, Status.CANCELLED, CANCELLED)
            raise

    async def _charged(self, call: HostedCall) -> Any:
        """Execute a call that costs something of a budget, if that is there."""
        output_bytes = call.operation.output_bytes
        output = 0 if output_bytes is None else output_bytes(call.args)
        refusal = self._purse.reserve(1, output)
        if refusal is not None:
            call.decision = Decision(Verdict.DENY, refusal.reason, Decider.BUDGET)
            return self._deny(call, ("exhausted", refusal.told(self._caller.holder)))
        call.charged = self._purse.cost(1, output)
        value = await self._execute(call)
        if output and value[0] != "ok":
            self._purse.settle(output=output)
        elif output and self._caller.heard is not None and call.operation.name == "text":
            await self._caller.heard(call.args[0])
        return value

    async def _execute(self, call: HostedCall) -> Any:
        operation = call.operation
        if operation.effect is _OUTSIDE:
            return await self._outside(call)
        if operation.kind is _WAITING:
            return await self._waiting(call)
        if operation.kind is _INSTANT:
            return self._instant(call)
        return await self._stored(call)

    def _instant(self, call: HostedCall) -> Any:
        try:
            value: Any = ("ok", call.operation.execute(self._caller, *call.args))
        except CallError as exc:
            value = call.failed(exc)
        except BaseException as exc:
            raise self._broken(call, exc) from exc
        if call.operation.capability == "log" and call.args[0] == "error":
            self._caller.words = call.args[1]
        self._append(call, _COMPLETED if value[0] == "ok" else _FAILED, value)
        return value

    async def _waiting(self, call: HostedCall) -> Any:
        if (waits := call.waits(self._caller)) is not None:
            self._charge(self._record(waits, call.number))
        self._caller.waiting = call
        try:
            value: Any = ("ok", await call.operation.execute(self._caller, *call.args))
            await self._room()
        except CallError as exc:
            value = call.failed(exc)
        except LionError:
            self._append(call, Status.UNKNOWN, UNKNOWN)
            raise
        except BaseException as exc:
            if not is_cut(exc):
                raise self._broken(call, exc) from exc
            self._append(call, Status.CANCELLED, CANCELLED)
            raise
        self._caller.waiting = None
        self._append(call, status_of(value), value)
        return value

    async def _stored(self, call: HostedCall) -> Any:
        """Execute inside the transaction that records it."""

        def operate(tables: Tables) -> Any:
            try:
                return ("ok", call.operation.execute(tables, self._caller, *call.args))
            except CallError as exc:
                return ("err", (exc.case, exc.text))

        def draft(value: Any) -> Draft:
            return self._draft(call, status_of(value), value)

        try:
            done = self._log.transact_at_once(operate, draft, call.store(self._caller))
        except LionError:
            raise
        except Exception as exc:
            raise self._broken(call, exc) from exc
        value, size = done or await self._in_turn(call, operate, draft)
        self._charge(size)
        return value

    async def _in_turn(
        self, call: HostedCall, operate: Callable[[Tables], Any], draft: Callable[[Any], Draft]
    ) -> tuple[Any, int]:
        """The same when others may have to end first, or the tables be asked."""
        try:
            await self._log.wait_store(call.store(self._caller))
        except BaseException:
            self._append(call, Status.CANCELLED, CANCELLED)
            raise
        # Once begun the transaction happens; the guest may be gone before it learns so.
        try:
            with trio.CancelScope(shield=True):
                done = await self._log.transact(operate, draft, call.store(self._caller))
        except LionError:
            raise
        except Exception as exc:
            raise self._broken(call, exc) from exc
        await trio.lowlevel.checkpoint_if_cancelled()
        return done

    async def _outside(self, call: HostedCall) -> Any:
        """Execute a call the world can see: its intent is durable first."""
        size = self._record(call.intent(await self._look(call)), call.number)
        return await self._carry_out(call, size)

    async def _carry_out(self, call: HostedCall, size: int) -> Any:
        """Execute it, once its intent, which is recorded in `size` bytes, is durable."""
        operation = call.operation
        # Cancelled before its intent is durable, it was not begun; after, nobody knows.
        status, value = Status.CANCELLED, CANCELLED
        try:
            await self._log.commit()
            status, value = Status.UNKNOWN, UNKNOWN
            with self._caller.reserving():
                value = ("ok", await operation.execute(self._caller, *call.args))
            status = Status.COMPLETED
        except CallError as exc:
            status, value = Status.FAILED, call.failed(exc)
        except LionError:
            raise
        except BaseException as exc:
            if is_cut(exc):
                raise
            raise self._bug(call, exc) from exc
        finally:
            await self._room()
            size += self._record_outcome(call, status, value)
            self._share.charge(size)
        self._share.check()
        return value

    async def _look(self, call: HostedCall) -> dict[str, Any] | None:
        try:
            return await call.look(self._caller)
        except BaseException:
            self._append(call, Status.CANCELLED, CANCELLED)
            raise

    def _record_outcome(self, call: HostedCall, status: Status, value: Any) -> int:
        kept, now = self._kept(call), self._now()
        try:
            return self._record(call.outcome(status, value, now, kept), call.number, now)
        except UNWRITABLE as exc:
            self._record(call.outcome(Status.UNKNOWN, UNKNOWN, now, None), call.number, now)
            raise self._bug(call, exc) from exc

    async def _room(self) -> None:  # before an outcome joins the log, whoever is impatient
        if self._log.is_full:
            with trio.CancelScope(shield=True):
                await self._log.wait_room()

    def _kept(self, call: HostedCall) -> dict[str, Any] | None:
        """What the executor left to be recorded with its outcome; what it spent is charged."""
        caller = self._caller
        if caller.spent:
            call.charged = {**(call.charged or {}), **caller.spent}
            caller.spent = {}
        kept, caller.kept = caller.kept, None
        return kept

    def _draft(self, call: HostedCall, status: Status, value: Any) -> Draft:
        caller, now = self._caller, self._now()
        kept = None if caller.kept is None and not caller.spent else self._kept(call)
        return Draft(self._scope, call.number, now, call.event(status, value, now, kept))

    def _record(self, event: Event, number: int, now_ns: int | None = None) -> int:
        time_ns = self._now() if now_ns is None else now_ns
        return self._log.append(Draft(self._scope, number, time_ns, event))

    def _deny(self, call: HostedCall, error: tuple[str, str]) -> Any:
        self._counts.denied += 1
        value = ("err", error)
        self._append(call, Status.DENIED, value)
        self._caller.live.note_denial(call.question, call.decision)
        return value

    def _broken(self, call: HostedCall, exc: BaseException) -> BrokenCall:
        self._append(call, Status.UNKNOWN, UNKNOWN)
        return self._bug(call, exc)

    def _append(self, call: HostedCall, status: Status, value: Any) -> None:
        try:
            size = self._log.append(self._draft(call, status, value))
        except UNWRITABLE as exc:
            call.args = []
            if status is not Status.DENIED:
                self._log.append(self._draft(call, Status.UNKNOWN, UNKNOWN))
                raise self._bug(call, exc) from exc
            size = self._log.append(self._draft(call, status, value))
        share = self._share
        share.charge(size)
        if share.used > share.free:
            share.check()

    def _charge(self, size: int) -> None:
        """Count a record of this holder's. Raises GuestError if its share is used up by it."""
        self._share.charge(size)
        self._share.check()

    def _bug(self, call: HostedCall, exc: BaseException) -> BrokenCall:
        bug = call.broken(exc)
        self._caller.live.note_broken(bug)
        return bug
