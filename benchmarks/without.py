"""Look here if you want to know what lion is without its log or its policy: for the bench alone.

Rule: nothing here exists outside of the bench; what is left out is the whole cost of that part.
"""

import sys
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import trio

from lion.domain.call import Decision, Target, Verdict
from lion.domain.events import Event, RunFinished
from lion.domain.record import Draft
from lion.host import Host
from lion.kernel.run_state import LiveHolder
from lion.ports import Tables

T = TypeVar("T")


class Heard:
    """What a follower needs of a record, taken from the draft as it is."""

    def __init__(self, draft: Draft) -> None:
        self.type = type(draft.event).__name__
        self.invocation = draft.scope.invocation
        self.principal = draft.scope.principal
        self._event = draft.event

    def event(self) -> Event:
        """The fact itself."""
        return self._event


class NoLog:
    """An EventLog that keeps nothing and encodes nothing: it only hands on what its one follower
    shows."""

    is_full = False
    quota = sys.maxsize

    def __init__(self) -> None:
        self._heard: deque[Heard] = deque()
        self._news = trio.Event()
        self._is_over = False

    async def start_run(
        self, run: str, manifest_name: str, clock: Callable[[], int] | None = None
    ) -> None:
        self._heard.clear()
        self._is_over = False

    def append(self, draft: Draft) -> int:
        self._heard.append(Heard(draft))
        self._is_over = isinstance(draft.event, RunFinished)
        self._news.set()
        return 0

    async def wait_room(self) -> None:
        await trio.lowlevel.checkpoint()

    async def commit(self) -> None:
        await trio.lowlevel.checkpoint()

    async def transact(self, operate: Callable[[Tables], T], draft: Callable[[T], Draft]) -> T:
        raise NotImplementedError("the bench asks nothing stored of a host without a log")

    def note_budget(self, run: str, holder: str, budget: str, limit: int, used: int) -> None:
        """Nothing."""

    def note_rate(self, run: str, holder: str, level: int, monotonic_ns: int) -> None:
        """Nothing."""

    def note_reserved(
        self, run: str, invocation: str, call: int, holder: str, budget: str, amount: int
    ) -> None:
        """Nothing."""

    async def put_blob(self, data: bytes) -> str:
        await trio.lowlevel.checkpoint()
        return ""

    async def subscribe(self, run: str, after: int = 0) -> AsyncIterator[Heard]:
        """What is told, as it comes."""
        while True:
            while self._heard:
                yield self._heard.popleft()
            if self._is_over:
                return
            self._news = trio.Event()
            await self._news.wait()


@contextmanager
def unlogged(host: Host) -> Iterator[None]:
    """Inside, the host's runs are recorded nowhere."""
    log = host._log
    host._log = NoLog()
    try:
        yield
    finally:
        host._log = log


@contextmanager
def unpoliced() -> Iterator[None]:
    """Inside, every question is answered yes, by the first grant of its capability."""
    decide = LiveHolder.decide
    answers: dict[tuple[str, str], Decision] = {}

    def allowed(self: LiveHolder, capability: str, operation: str, target: Target) -> Decision:
        key = (self.name, capability)
        if key not in answers:
            grant = next(iter(self.rights.grants.get(capability, ())), None)
            answers[key] = Decision(Verdict.ALLOW, "nobody asked", "bench", grant=grant)
        return answers[key]

    LiveHolder.decide = allowed  # type: ignore[method-assign]
    try:
        yield
    finally:
        LiveHolder.decide = decide  # type: ignore[method-assign]
