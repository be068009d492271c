"""Look here if you want to know how one guest call runs on trio: poll, wait for the host, poll
again.

The guest runs on a fiber of wasmtime's. A poll runs it until it returns, asks the host for
something, or has used up its
slice. Host work happens here, between two polls, as plain trio code; so a waiting guest holds no
thread.

Rule: a C callback only copies arguments and stores them; it never works for the guest and never
raises.
Rule: a guest is found by its store's address, never through a global of "the current call".
Rule: no signal handler raises in a callback, which would abort the process or hang it: trio's own
is told by `enable_ki_protection`; with one of the program's, guests are polled in worker threads.
Rule: before a poll the epoch deadline is set anew if the epoch has moved since it was set: after a
wait the old one has passed.
Rule: the loop yields to trio when a millisecond has passed, however the last poll ended.
Rule: a guest whose polls are long is polled in a worker thread, so that it neither blocks the loop
nor the ticker. By the wall clock a poll is also long that waited for the GIL, so it is only a
suspect: the next one is measured by the thread's clock.
"""

import weakref
from collections.abc import Callable, Iterable
from time import perf_counter_ns, thread_time_ns
from typing import TYPE_CHECKING, Any

import trio

from lion.domain.memory_sum import MemorySum
from lion.errors import InternalError
from lion.ports import UNREAD, CallStats, HandleCall
from lion.wasm import capi
from lion.wasm.bounds import TooLarge
from lion.wasm.linear import Crowded
from lion.wasm.parts import address_of
from lion.wasm.poll_meter import LOOP_NS, CpuExceeded, Finish, PollMeter

if TYPE_CHECKING:
    from lion.wasm.lift import Lift
    from lion.wasm.lower import Lower

INLINE_TICKS = 2
"""Ticks of a slice polled on the loop's thread."""
WORKER_TICKS = 5
"""Ticks of a slice polled in a worker: what a cancellation may have to wait for."""
LONG_POLL_NS = 200_000
"""A poll of this many nanoseconds makes the next one suspect, and two of them send the one after
to a worker: a hop there costs the loop about 90 us.
"""
INLINE_CAP_NS = 3_000_000
"""An inline poll counts as CPU by the wall clock (thread clocks cost 0.7 us), but never as more
than this.
"""


class HostFunction:
    """What the callback needs to know of one import: how to read its arguments and write its
    result. The latter is built when first needed: most runs use few of the imports, and to build
    them all is a third of loading a component.
    """

    __slots__ = ("_build_lower", "index", "is_heavy", "lift", "lower")

    def __init__(
        self,
        index: int,
        lift: "Lift",
        build_lower: "Callable[[], Lower] | None",
        is_heavy: bool = False,
    ) -> None:
        self.index = index
        self.is_heavy = is_heavy
        """There are lists in what crosses, so that how long that takes is the guest's choice."""
        self.lift = lift
        self._build_lower = build_lower
        self.lower: Lower | None = None if build_lower is None else self._first_lower

    def _first_lower(self, value: Any, context: int, address: int) -> None:
        assert self._build_lower is not None
        self.lower = self._build_lower()
        self.lower(value, context, address)


class Guest:
    """One live store and the host call it waits in."""

    __slots__ = (
        "args", "cap_ns", "context", "crowded", "dropped", "failure", "function", "has_news",
        "memory", "ready", "results", "resume",
    )  # fmt: skip

    def __init__(self, context: int, memory: MemorySum | None = None) -> None:
        self.context = context
        self.memory = memory
        """Among whose instances its memory is counted."""
        self.has_news = False
        """A poll brought up something beside the call: see `_heed`."""
        self.crowded: MemorySum | None = None
        """The sum that had no room for what it wanted; then it is cut (linear.py)."""
        self.function: HostFunction | None = None
        self.args: list[Any] = []
        self.results = 0
        self.ready = bytearray(2)
        """One character once the answer is written, none before: what `capi.READY` looks at."""
        self.resume = capi.pack_continuation(capi.READY, address_of(self.ready), 0)
        self.dropped: list[int] = []
        self.failure: Exception | None = None
        self.cap_ns = INLINE_CAP_NS
        """What an inline poll counts as at most: more, if the host read lists in it."""

    def refuse_memory(self, full: MemorySum) -> None:
        """See linear.py."""
        self.crowded, self.has_news = full, True

    def answer(self, function: HostFunction, value: Any, stats: CallStats) -> None:
        """Write the result of a host call where the guest will look."""
        self.function = None
        stats.host_calls += 1
        if function.is_heavy:
            began, self.cap_ns = thread_time_ns(), INLINE_CAP_NS
            if function.lower is not None:
                function.lower(value, self.context, self.results)
            stats.cpu_ns += thread_time_ns() - began
        elif function.lower is not None:
            function.lower(value, self.context, self.results)
        self.ready[0] = 1


class Callbacks:
    """The C side of all host functions of one runtime. Keeps the guests by their store's
    address.
    """

    def __init__(self) -> None:
        self.guests: dict[int, Guest] = {}
        self._functions: dict[int, HostFunction] = {}
        self._owners: set[weakref.ref[object]] = set()
        self._numbers = 0
        self._host = capi.HostCallback(self._on_call)
        self._drop = capi.DropCallback(self._on_drop)
        self.host = capi.address(self._host)
        self.drop = capi.address(self._drop)

    def register(self, function: HostFunction) -> int:
        """The number under which the callback will be told of this function."""
        self._numbers += 1
        self._functions[self._numbers] = function
        return self._numbers

    def forget_with(self, whose: object, numbers: Iterable[int]) -> None:
        """Forget functions once `whose` is gone, and nothing can call them any more. Not by
        weakref.finalize, which does the same and much else at the interpreter's end, where guests
        may still be inside.
        """

        def forget(reference: weakref.ref[object]) -> None:
            self._owners.discard(reference)
            for number in numbers:
                del self._functions[number]

        self._owners.add(weakref.ref(whose, forget))

    @trio.lowlevel.enable_ki_protection
    def _on_call(
        self,
        data: int,
        context: int,
        kind: int,
        args: int,
        n: int,
        results: int,
        m: int,
        error: int,
        out: int,
    ) -> None:
        guest = self.guests[context]
        function = self._functions[data]
        capi.write_continuation(capi.MEMORY, out, guest.resume)
        guest.ready[0] = 0
        guest.function = function
        guest.results = results
        try:
            if function.is_heavy:
                began = thread_time_ns()
                try:
                    guest.args = function.lift(args, context)
                finally:
                    guest.cap_ns = INLINE_CAP_NS + thread_time_ns() - began
                return
            guest.args = function.lift(args, context)
        except TooLarge:
            guest.args = UNREAD
        except Exception as exc:  # noqa: BLE001 - an exception may not leave a C callback; the call loop raises it
            guest.failure, guest.has_news = exc, True

    @trio.lowlevel.enable_ki_protection
    def _on_drop(self, data: int, context: int, rep: int) -> None:
        guest = self.guests.get(context)
        if guest is not None:
            guest.dropped.append(rep)
            guest.has_news = True


@trio.lowlevel.enable_ki_protection
async def drive(
    future: int, guest: Guest, meter: PollMeter, handle: HandleCall, drop: Any, stats: CallStats,
    cpu_limit_ns: float, is_busy: bool, finish: Finish | None = None,
) -> None:  # fmt: skip
    """Run a future of wasmtime's to its end; the caller deletes it. `drop` is told of reps let go.
    `is_busy` starts in a worker, `finish` stays there. Raises CpuExceeded, what `handle` does."""
    ticker, armed, is_suspect, stays = meter.ticker, -1, False, finish is not None
    memories, poll = meter.memories, capi.poll
    while True:
        if is_busy or armed != ticker.ticks:
            is_busy, armed = _arm(guest, meter, is_busy or stays)
        ticker.polls += 1
        memories.inline = guest
        if ticker.is_asleep:
            ticker.wake()
        if is_busy:
            done, took = await meter.poll_in_worker(future, finish, guest)
            stats.cpu_ns += took
            is_busy = is_suspect = took > LONG_POLL_NS
        else:
            clock = thread_time_ns if is_suspect else perf_counter_ns
            began = clock()
            done = poll(future)
            took = clock() - began
            stats.cpu_ns += min(took, guest.cap_ns)
            if is_suspect or took > LONG_POLL_NS:
                is_busy, is_suspect = is_suspect and took > LONG_POLL_NS, took > LONG_POLL_NS
        if guest.has_news:
            _heed(guest, drop)
        if done:
            return
        function = guest.function
        if function is None:
            is_busy = True
        else:
            guest.answer(function, await handle(function.index, guest.args), stats)
        if stats.cpu_ns > cpu_limit_ns:
            raise CpuExceeded(cpu_limit_ns)
        if perf_counter_ns() - meter.yielded_ns > LOOP_NS:
            await meter.checkpoint()


def _arm(guest: Guest, meter: PollMeter, is_busy: bool) -> tuple[bool, int]:
    """Set the epoch deadline of the next poll: whether that is in a worker, and the tick of now
    (-1: set it anew each time)."""
    is_busy, ticks = is_busy or meter.is_exposed(), meter.ticker.ticks
    capi.set_epoch_deadline(guest.context, WORKER_TICKS if is_busy else INLINE_TICKS)
    return is_busy, -1 if is_busy else ticks


def _heed(guest: Guest, drop: Any) -> None:
    """What came up in a poll beside the call: handles let go, memory that there was not, arguments
    that could not be read.
    """
    guest.has_news = False
    if guest.crowded is not None:
        raise Crowded(guest)
    dropped, guest.dropped = guest.dropped, []
    for rep in dropped:
        drop(rep)
    if guest.failure is not None:
        raise InternalError(f"arguments could not be read: {guest.failure}") from guest.failure
