"""Look here if you want to know how a guest is brought to where it was when its process ended, and
goes on from there: its host calls are answered from the records, and from the first that has none
by the broker.

Rule: a call that is not the recorded one stops the run, and both are shown.
Rule: until its last recorded answer neither deadline nor CPU counts; after it, what was used
before does.
Rule: what it had begun beside itself goes on when it asks for something new, and not before: it
may have let go of it by then.
"""

from collections.abc import Callable
from typing import Any

from lion.domain.call import Decision, Verdict
from lion.domain.decider import Decider
from lion.domain.events import CallFinished, CallRequested, encode_body
from lion.domain.pairing import Pairs
from lion.domain.question import Question
from lion.errors import AuditError
from lion.kernel.going_on import cut
from lion.kernel.invocation import Invocation
from lion.kernel.past import PastInvocation
from lion.kernel.settling import SettlingBroker
from lion.ports import Operation

_OFF = 1 << 60
"""Nanoseconds of CPU that nobody reaches."""
MOST_USED = 0.9
"""Of its CPU that a guest has used at most when it goes on: the machine may be a slower one."""


class RecordedCalls:
    """The calls of one invocation that have an outcome, one after the other."""

    def __init__(self, past: PastInvocation) -> None:
        self._records = iter(past.records)
        self._pairs = Pairs()
        self.left = past.answered

    def pop(self) -> CallFinished:
        """The next one, whole."""
        self.left -= 1
        for record in self._records:
            event = record.event()
            if isinstance(event, CallRequested):
                self._pairs.note(record, event)
            elif isinstance(event, CallFinished):
                return self._pairs.join(record, event)[0]
        raise AssertionError("there are fewer calls than were counted")


def is_same(asked: CallFinished | CallRequested, name: tuple[str, str], args: list[Any]) -> bool:
    """Whether a guest asks for what was recorded."""
    if (asked.capability, asked.operation) != name:
        return False
    return asked.decided_by == Decider.SCREEN or encode_body(asked.args) == encode_body(args)


class Resumed:
    """Answers the host calls of one invocation of before."""

    def __init__(self, invocation: Invocation, past: PastInvocation) -> None:
        self._caller = invocation
        self._past = past
        self._calls = RecordedCalls(past)
        self._broker = SettlingBroker(invocation)
        self._is_live = self._counts = False
        invocation.at_end = self._end
        invocation.deadline.suspend()
        invocation.stats.cpu_ns = -_OFF
        if not self._calls.left:
            self._count()

    async def handle(self, index: int, args: list[Any]) -> Any:
        """As Broker.handle. Raises also AuditError for a call that is not the recorded one."""
        if self._is_live:
            return await self._broker.handle(index, args)
        operation = self._caller.owner.operations[index]
        if self._calls.left:
            return self._recall(operation, args)
        past, self._is_live = self._past, True
        begun = past.intent or past.waits
        if past.intent is not None:
            self._compare(past.intent, operation, args)
            if past.is_let_on and operation.recall_begun is not None:
                operation.recall_begun(self._caller, args)
        await self._revive()
        if begun is None:
            return await self._broker.handle(index, args)
        return await self._broker.finish(index, args, past)

    def _recall(self, operation: Operation, args: list[Any]) -> Any:
        """The recorded answer; what it gave the guest is there again."""
        call, caller = self._calls.pop(), self._caller
        self._compare(call, operation, args)
        caller.number += 1
        tag, value = call.value
        if tag == "err":
            question = Question(caller.holder, call.capability, call.operation, call.target)
            decision = Decision(
                call.verdict or Verdict.ALLOW, call.reason, call.decided_by, call.opinions
            )
            caller.note_error(question, decision, (value[0], value[1]))
        if call.capability == "log" and args[0] == "error":
            caller.words = args[1]
        if operation.recall is not None:
            operation.recall(caller, args, call)
        if not self._calls.left:
            self._count()
        return call.value

    def _compare(
        self, asked: CallFinished | CallRequested, operation: Operation, args: list[Any]
    ) -> None:
        if not is_same(asked, (operation.capability, operation.name), args):
            raise AuditError(
                f"{self._caller.path} asks for {operation.capability}.{operation.name} as call "
                f"{self._caller.number + 1}, and recorded is {asked.capability}.{asked.operation}",
                hint="look at both sides with: lion replay RUN",
            )

    def _count(self) -> None:
        """From here on time and CPU count."""
        caller, past, self._counts = self._caller, self._past, True
        caller.deadline.go_on(caller.clock.monotonic_ns() - past.began_ns - past.held_ns)
        used, limit = caller.stats.cpu_ns + _OFF, caller.limits.cpu_ns
        caller.stats.cpu_ns = used if limit is None else min(used, int(limit * MOST_USED))

    async def _revive(self) -> None:
        """Let go on what it began beside itself and still has. What that does again is durable
        before it does it.
        """
        caller, begin = self._caller, list[Callable[[], None]]()
        revivals, caller.revivals = caller.revivals, []
        for revive in revivals:
            if (start := revive()) is not None:
                begin.append(start)
        if begin:
            await caller.live.log.commit()
        for start in begin:
            start()

    def _end(self) -> None:
        """The instance is gone; what it had begun and never let go on is so, too."""
        caller = self._caller
        if not self._counts:
            caller.stats.cpu_ns += _OFF
        if not self._is_live:
            assert caller.live.past is not None
            for one in caller.live.past.beneath(caller.path):
                if one.is_left:
                    cut(caller.live, one.path)
