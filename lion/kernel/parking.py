"""Look here if you want to know when a run ends its process because everybody in it waits: for
people, or for a far instant.

Rule: whoever does anything else keeps the process: computes, waits for a server, holds what would
be lost with it, is trusted Python.
Rule: so does a wait that ends within the time after which it would leave.
Rule: from the record on that says so nothing more of the run is recorded or done, and its
questions stay on the desk.
"""

from collections.abc import Sequence
from typing import Any, Final

import trio

from lion.domain.capability import is_extension
from lion.domain.events import RunParked
from lion.domain.plan import RunAgent, RunCall
from lion.kernel.invocation import Invocation
from lion.kernel.run_state import LiveRun
from lion.kernel.supervisor import supervise
from lion.review.report import Ending

LOOKS: Final = 4
"""How often it is looked within the time after which a run leaves."""
LEAST_SECONDS: Final = 0.05
MOST_SECONDS: Final = 1.0
"""Between two looks."""
KEPT: Final = frozenset(("file", "pending"))
"""Handles that a run finds again when it is resumed, besides those that say so of themselves
(`is_kept`)."""

Waits = frozenset[tuple[str, int]]
"""Which calls wait: path and number. The same at two looks: nobody did anything in between."""


async def supervise_until_parked(
    live: LiveRun, runs: Sequence[RunAgent | RunCall], endings: dict[int, Ending]
) -> None:
    """As supervise; but if everybody waits for long, it ends there, and `live.is_parked`."""
    if live.park_after_ns is None:
        await supervise(live, runs, endings)
        return
    async with trio.open_nursery() as nursery:
        nursery.start_soon(_park_when_idle, live, live.park_after_ns, nursery.cancel_scope)
        await supervise(live, runs, endings)
        nursery.cancel_scope.cancel()


@trio.lowlevel.enable_ki_protection
async def _park_when_idle(live: LiveRun, after_ns: int, run: trio.CancelScope) -> None:
    pause = min(max(after_ns / 1e9 / LOOKS, LEAST_SECONDS), MOST_SECONDS)
    since, seen = trio.current_time(), Waits()
    while True:
        await trio.sleep(pause)
        now = find_waits(live, after_ns)
        if not now or now != seen:
            since, seen = trio.current_time(), now
        elif trio.current_time() - since >= after_ns / 1e9:
            park(live)
            run.cancel()
            return


def park(live: LiveRun) -> None:
    """Record it, and do nothing more of the run."""
    live.record(RunParked(monotonic_ns=live.clock.monotonic_ns()))
    live.log.close_run(live.id)
    live.judge.leave()
    live.is_parked = True


def find_waits(live: LiveRun, after_ns: int) -> Waits:
    """The calls that wait for people or an instant further ahead than `after_ns`; none if anybody
    does something else.
    """
    found = set[tuple[str, int]]()
    awaited = {id(one.parent) for one in live.invocations if one.is_awaited}
    is_for_long = False
    for one in live.invocations:
        if not _is_idle(one, after_ns, is_awaiting=id(one) in awaited):
            return Waits()
        is_for_long = is_for_long or one.asking > 0 or _instant(one) is not None
        found.add((one.path, one.number))
    return frozenset(found) if is_for_long else Waits()


def _is_idle(one: Invocation, after_ns: int, *, is_awaiting: bool) -> bool:
    """It is in a call that waits for a person, for long, or for others, and holds nothing live."""
    if one.owner.system is not None or one.is_outside or any(map(_is_lost, one.handles.open())):
        return False
    if one.asking:
        return one.laid_out > 0
    call = one.waiting
    if call is None:
        return False
    until = _instant(one)
    if until is not None:
        return until - one.clock.monotonic_ns() > after_ns
    match call.operation.capability, call.operation.name:
        case ("poll", "wait") | ("tools", "pending.take"):
            return True
        case ("tools", "call"):
            return is_awaiting
        case (name, _):
            return is_awaiting and is_extension(name)


def _is_lost(handle: tuple[str, Any]) -> bool:
    """Whether it would be lost with the process."""
    kind, thing = handle
    return kind not in KEPT and not getattr(thing, "is_kept", False)


def _instant(one: Invocation) -> int | None:
    """When its call ends by itself, on the run's clock."""
    call = one.waiting
    if call is None or call.operation.until is None:
        return None
    return call.operation.until(one, call.args)
