"""Look here if you want to know what happens to a host call: the one door.

Each call is decided, charged, executed and recorded here, and nowhere else is an executor called.

Rule: no effect without a record. A call without outside effect is one record, appended when its
outcome is known, also if
it is cancelled; one with an outside effect is an intent, committed first, and an outcome.
Rule: a denial is a value for the guest; the instance lives on.
Rule: the log's refusal ends the call before its effect.
"""

from typing import Any

import trio

from lion.domain.call import CallError, Decision, Effect, Status, Verdict
from lion.domain.event import SCREEN, CallFinished, CallRequested, Draft
from lion.errors import InternalError, LionError
from lion.kernel.invocation import Invocation
from lion.policy.chain import words_for_guest
from lion.policy.question import Question
from lion.ports import Kind, Operation, Tables

CANCELLED = ("err", ("cancelled", "the call was cancelled"))
UNKNOWN = ("err", ("cancelled", "the call was cut off; whether it took effect is not known"))


class Broker:
    """Answers the host calls of one invocation."""

    def __init__(self, invocation: Invocation) -> None:
        self._caller = invocation
        self._owner = invocation.owner
        self._operations = invocation.owner.operations
        self._log = invocation.live.log
        self._counts = invocation.live.counts
        self._now = invocation.clock.now_ns
        self._scope = invocation.scope
        self._purse = invocation.purse

    async def handle(self, index: int, args: list[Any]) -> Any:
        """Answer a call of the component's import `index`: ("ok", value) or ("err", (case, text)).

        Raises AuditError if the log refuses, InternalError if an executor breaks.
        """
        operation = self._operations[index]
        caller = self._caller
        caller.number += 1
        self._counts.calls += 1
        if operation.screen is not None:
            try:
                operation.screen(caller, args)
            except CallError as exc:
                refused = Decision(Verdict.DENY, exc.text, SCREEN)
                return self._deny(operation, "", [], refused, (exc.case, exc.text))
        try:
            target = "" if operation.target is None else operation.target(args)
        except CallError as exc:
            refused = Decision(Verdict.DENY, exc.text, "arguments")
            return self._deny(operation, "", args, refused, (exc.case, exc.text))
        question = Question(caller.holder, operation.capability, operation.name, target)
        decision = self._owner.decide(question)
        if decision.verdict is not Verdict.ALLOW:
            words = words_for_guest(decision)
            return self._deny(operation, target, args, decision, ("denied", words))
        output = 0 if operation.output_bytes is None else operation.output_bytes(args)
        if output or self._purse.counts_calls:
            refusal = self._purse.reserve(1, output)
            if refusal is not None:
                refused = Decision(Verdict.DENY, refusal.reason, "budget")
                return self._deny(operation, target, args, refused, ("exhausted", refusal.text))
        if operation.effect is Effect.OUTSIDE:
            return await self._outside(operation, target, args, decision)
        value = await self._inside(operation, target, args, decision)
        if output and value[0] != "ok":
            self._purse.settle(output=output)
        if self._log.is_full:
            await self._log.wait_room()
        return value

    async def _inside(
        self, operation: Operation, target: str, args: list[Any], decision: Decision
    ) -> Any:
        """Execute a call that nothing outside can see; one record."""
        if operation.kind is Kind.INSTANT:
            try:
                value: Any = ("ok", operation.execute(self._caller, *args))
            except CallError as exc:
                value = ("err", (exc.case, exc.text))
            except Exception as exc:
                raise self._broken(operation, target, args, decision, exc) from exc
        elif operation.kind is Kind.WAITING:
            value = await self._wait(operation, target, args, decision)
        else:
            return await self._store(operation, target, args, decision)
        self._finish(operation, target, args, decision, value)
        return value

    async def _wait(
        self, operation: Operation, target: str, args: list[Any], decision: Decision
    ) -> Any:
        try:
            return ("ok", await operation.execute(self._caller, *args))
        except CallError as exc:
            return ("err", (exc.case, exc.text))
        except LionError:
            self._append(operation, target, args, decision, Status.UNKNOWN, UNKNOWN)
            raise
        except Exception as exc:
            raise self._broken(operation, target, args, decision, exc) from exc
        except BaseException:
            self._append(operation, target, args, decision, Status.CANCELLED, CANCELLED)
            raise

    async def _store(
        self, operation: Operation, target: str, args: list[Any], decision: Decision
    ) -> Any:
        """Execute inside the transaction that records it."""
        number = self._caller.number

        def operate(tables: Tables) -> Any:
            try:
                return ("ok", operation.execute(tables, self._caller, *args))
            except CallError as exc:
                return ("err", (exc.case, exc.text))

        def draft(value: Any) -> Draft:
            event = _event(operation, target, args, decision, _status(value), value)
            return Draft(self._scope, number, self._now(), event)

        # Once begun the transaction happens; the guest may be gone before it learns so.
        with trio.CancelScope(shield=True):
            value = await self._log.transact(operate, draft)
        await trio.lowlevel.checkpoint_if_cancelled()
        return value

    async def _outside(
        self, operation: Operation, target: str, args: list[Any], decision: Decision
    ) -> Any:
        """Execute a call the world can see: its intent is durable first."""
        intent = CallRequested(
            capability=operation.capability, operation=operation.name, target=target, args=args,
            verdict=decision.verdict, reason=decision.reason, decided_by=decision.decided_by,
            opinions=decision.opinions,
        )  # fmt: skip
        self._caller.record(intent, self._caller.number)
        await self._log.commit()
        status, value = Status.UNKNOWN, UNKNOWN
        try:
            value = ("ok", await operation.execute(self._caller, *args))
            status = Status.COMPLETED
        except CallError as exc:
            status, value = Status.FAILED, ("err", (exc.case, exc.text))
        finally:
            self._caller.record(CallFinished(status=status, value=value), self._caller.number)
        return value

    def _deny(
        self, operation: Operation, target: str, args: list[Any], decision: Decision, error: Any
    ) -> Any:
        caller = self._caller
        self._counts.denied += 1
        value = ("err", error)
        self._append(operation, target, args, decision, Status.DENIED, value)
        question = Question(caller.holder, operation.capability, operation.name, target)
        caller.live.note_denial(question, decision)
        return value

    def _broken(
        self,
        operation: Operation,
        target: str,
        args: list[Any],
        decision: Decision,
        exc: Exception,
    ) -> InternalError:
        self._append(operation, target, args, decision, Status.UNKNOWN, UNKNOWN)
        return InternalError(
            f"{operation.capability}.{operation.name} broke: {type(exc).__name__}: {exc}"
        )

    def _finish(
        self, operation: Operation, target: str, args: list[Any], decision: Decision, value: Any
    ) -> None:
        if operation.capability == "log" and args[0] == "error":
            self._caller.words = args[1]
        self._append(operation, target, args, decision, _status(value), value)

    def _append(
        self,
        operation: Operation,
        target: str,
        args: list[Any],
        decision: Decision,
        status: Status,
        value: Any,
    ) -> None:
        event = _event(operation, target, args, decision, status, value)
        self._log.append(Draft(self._scope, self._caller.number, self._now(), event))


def _status(value: Any) -> Status:
    return Status.COMPLETED if value[0] == "ok" else Status.FAILED


def _event(
    operation: Operation,
    target: str,
    args: list[Any],
    decision: Decision,
    status: Status,
    value: Any,
) -> CallFinished:
    return operation.event(
        status, value, operation.capability, operation.name, target, args,
        decision.verdict, decision.reason, decision.decided_by, decision.opinions,
    )  # fmt: skip
