"""Look here if you want to know how to run one host function in a test, without a guest.

Rule: fakes keep the contract of what they stand for (lion/ports) and remember what was asked of
them.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from inspect import isawaitable
from typing import Any

import trio

from lion.capabilities.opened import Opened
from lion.domain.approval import Body
from lion.domain.call import CallError, Decision, Target, Verdict
from lion.domain.decider import Decider
from lion.domain.events import Event
from lion.domain.plan import DEFAULT_CAPABILITIES, Grant, Program
from lion.domain.question import Question
from lion.kernel.handles import HandleTable
from lion.ports import Clock, Handles, Operation, Services, Tools
from lion.scopes.table import SCOPES
from lion.testing.clock import FrozenClock

Answer = str | CallError
"""What a tool gives: its result as JSON, or the error it raises."""


class FakePending:
    """A ports.PendingCall that ends when told."""

    def __init__(self) -> None:
        self._ended = trio.Event()
        self._answer: Answer = ""
        self._is_taken = False
        self.is_cancelled = False
        self.waiting = 0
        """How many tasks wait for it now."""

    @property
    def is_ready(self) -> bool:
        return self._ended.is_set()

    async def wait_ready(self) -> None:
        self.waiting += 1
        try:
            await self._ended.wait()
        finally:
            self.waiting -= 1

    async def take(self) -> str:
        """Wait for the answer. Raises CallError: the answer if one, `invalid` the second time."""
        if self._is_taken:
            raise CallError("invalid", "the result was taken already")
        await self._ended.wait()
        self._is_taken = True
        return _given(self._answer)

    def note_taken(self) -> None:
        """It was taken before."""
        self._is_taken = True

    def finish(self, answer: Answer) -> None:
        """End the call with this answer."""
        self._answer = answer
        self._ended.set()

    def cancel(self) -> None:
        self.is_cancelled = True
        self.finish(CallError("cancelled", "the call was cancelled"))


class FakeTools:
    """A ports.Tools with fixed answers by name; `calls` are the (name, arguments) asked so far.

    `started` are the calls under way, at most `concurrent`; each waits until the test ends it.
    """

    def __init__(self, answers: Mapping[str, Answer] | None = None, concurrent: int = 64) -> None:
        self._answers = dict(answers or {})
        self._concurrent = concurrent
        self.calls: list[tuple[str, str]] = []
        self.started: list[FakePending] = []

    async def list_tools(self) -> list[dict[str, str]]:
        return [
            {"name": name, "description": "", "input-schema": "{}", "output-schema": "{}"}
            for name in sorted(self._answers)
        ]

    async def call(self, name: str, arguments: str) -> str:
        """Answer at the next checkpoint. Raises CallError."""
        self.calls.append((name, arguments))
        await trio.lowlevel.checkpoint()
        return _given(self._find(name))

    def start(self, name: str, arguments: str) -> FakePending:
        """Begin a call. Raises CallError: `not-found`, or `exhausted` beyond `concurrent`."""
        self.calls.append((name, arguments))
        self._find(name)
        if sum(not pending.is_ready for pending in self.started) >= self._concurrent:
            raise CallError("exhausted", f"{self._concurrent} calls are under way")
        self.started.append(FakePending())
        return self.started[-1]

    def recall(self, name: str, arguments: str) -> FakePending:
        """Begin it again."""
        return self.start(name, arguments)

    def _find(self, name: str) -> Answer:
        if name not in self._answers:
            raise CallError("not-found", f"no tool {name!r}")
        return self._answers[name]


class FakeTables:
    """A ports.Tables in a dict; `changes` counts what was written."""

    def __init__(self) -> None:
        self._values: dict[tuple[str, str], str] = {}
        self.changes = 0

    def kv_get(self, namespace: str, key: str) -> str | None:
        return self._values.get((namespace, key))

    def kv_set(self, namespace: str, key: str, value: str) -> None:
        self._values[namespace, key] = value
        self.changes += 1

    def kv_delete(self, namespace: str, key: str) -> bool:
        was_there = self._values.pop((namespace, key), None) is not None
        self.changes += was_there
        return was_there

    def kv_list(self, namespace: str, prefix: str, after: str | None, limit: int) -> list[str]:
        keys = sorted(key for owner, key in self._values if owner == namespace)
        found = [k for k in keys if k.startswith(prefix) and (after is None or k > after)]
        return found[:limit]

    def kv_bytes(self, namespace: str) -> int:
        return sum(
            len(key.encode()) + len(value.encode())
            for (owner, key), value in self._values.items()
            if owner == namespace
        )


class FakeCaller:
    """A ports.CallContext: one invocation of the holder `guide` in a run of its own."""

    def __init__(
        self,
        *,
        config: Mapping[str, Any] | None = None,
        grants: Sequence[Grant] = (),
        clock: Clock | None = None,
        tools: FakeTools | None = None,
        handle_limit: int = 1_024,
        services: Opened | None = None,
        nursery: trio.Nursery | None = None,
    ) -> None:
        self.services: Services = services or Opened()
        self.spent: dict[str, int] = {}
        self._nursery = nursery
        self.run = "run-1"
        self.path = "0"
        self.holder = "guide"
        self.namespace = "test/guide"
        self.config: Mapping[str, Any] = config or {}
        self.program = Program()
        self.clock: Clock = clock or FrozenClock()
        self.tools: Tools = tools or FakeTools()
        self.handles: Handles = HandleTable(handle_limit)
        self._grants = tuple(grants)
        self.revivals: list[Callable[[], Callable[[], None] | None]] = []
        self.noted: list[Event] = []
        """What was recorded of its calls."""
        self.number = 1
        self.asked_later = 0
        self.shown: Body | None = None
        """What followed the last call that `may` was asked about."""
        self.target: Target = ""
        self.grant: Grant | None = None
        self.refused: list[tuple[str, str]] = []
        """Targets and reasons that `refuse` was told."""
        self.asked: list[str] = []
        """Targets that `may` was asked about; each is decided by the grants alone."""

    async def call(self, operation: Operation, *args: Any) -> Any:
        """Execute a host function as a broker does, once a grant covers it. Raises CallError."""
        self.target = "" if operation.target is None else operation.target(list(args))
        decision = self.foresee(operation.capability, operation.name, self.target)
        if not decision.allowed:
            raise CallError("denied", decision.reason)
        self.grant = decision.grant
        value = operation.execute(self, *args)
        return await value if isawaitable(value) else value

    def grants(self, capability: str) -> Sequence[Grant]:
        return [grant for grant in self._grants if grant.capability == capability]

    def start_task(self, work: Callable[..., Awaitable[Any]], *args: Any) -> None:
        """Run work in the nursery this was made with."""
        assert self._nursery is not None, "make it with a nursery"
        self._nursery.start_soon(work, *args)

    def foresee(self, capability: str, operation: str, target: Target) -> Decision:
        """Allow what a grant covers, and defaults."""
        if capability in DEFAULT_CAPABILITIES:
            return Decision(Verdict.ALLOW, "granted by default", Decider.DEFAULT)
        question = Question(self.holder, capability, operation, target)
        grant = SCOPES[capability].find_grant(self.grants(capability), question)
        if grant is None:
            return Decision(Verdict.DENY, "no grant covers it", Decider.GRANTS)
        return Decision(Verdict.ALLOW, "granted", Decider.GRANTS, grant=grant)

    async def may(
        self, call: int, capability: str, operation: str, target: Target,
        args: list[Any] | None = None, body: Body | None = None, *, is_beside: bool = False,
    ) -> Decision:  # fmt: skip
        """Allow what a grant covers."""
        self.shown = body
        self.asked.append(str(target))
        await trio.lowlevel.checkpoint()
        return self.foresee(capability, operation, target)

    def refuse(
        self, call: int, capability: str, operation: str, target: Target, reason: str
    ) -> None:
        """Remember it."""
        self.refused.append((str(target), reason))

    def note(self, event: Event, call: int) -> None:
        """Remember it."""
        self.noted.append(event)

    def spend(self, budget: str, limit: int, amount: int) -> None:
        """Count, and refuse beyond the limit."""
        used = self.spent.get(budget, 0) + amount
        if amount > 0 and used > limit:
            raise CallError("exhausted", f"{budget}: more than {limit:,}")
        self.spent[budget] = used

    def charge(self, budget: str, limit: int, amount: int) -> None:
        """Count, also beyond the limit."""
        self.spent[budget] = self.spent.get(budget, 0) + amount

    def left(self, budget: str, limit: int) -> int:
        return max(0, limit - self.spent.get(budget, 0))


def _given(answer: Answer) -> str:
    if isinstance(answer, CallError):
        raise answer
    return answer
