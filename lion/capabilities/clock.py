"""Look here if you want to know what time it is for a guest, and how one sleeps.

Rule: times are the caller's clock's, so a test can freeze them; waiting is trio's, so a cancel
scope ends it.
"""

from typing import Any

import trio

from lion.ports import CallContext, Kind, Operation

NANO = 1e-9


def now(caller: CallContext) -> int:
    """Nanoseconds since 1970 (UTC)."""
    return caller.clock.now_ns()


def monotonic(caller: CallContext) -> int:
    """Nanoseconds since the start of the run."""
    return caller.clock.monotonic_ns()


async def sleep(caller: CallContext, duration: int) -> None:
    """Wait `duration` nanoseconds, not less; centuries are fine, the call's deadline ends them."""
    if duration == 0:
        await trio.lowlevel.checkpoint()
    else:
        await trio.sleep(seconds_covering(duration))


def seconds_covering(duration_ns: int) -> float:
    """Seconds for trio to wait until `monotonic`, which cuts off, has moved by `duration_ns`."""
    return (duration_ns + 1) * NANO


def _until(caller: CallContext, args: list[Any]) -> int:
    return caller.clock.monotonic_ns() + int(args[0])


OPERATIONS = (
    Operation("clock", "now", Kind.INSTANT, now),
    Operation("clock", "monotonic", Kind.INSTANT, monotonic),
    Operation("clock", "sleep", Kind.WAITING, sleep, until=_until, rest=lambda _, left: [left]),
)
