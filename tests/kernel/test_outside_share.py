"""How much of a run's log may be filled by who writes to it from outside."""

from typing import Any

import msgspec
import pytest

from lion.domain.call import CallError
from lion.domain.events import LineLogged, MessageArrived
from lion.errors import GuestError
from lion.kernel.past import Past
from lion.kernel.run_state import LiveRun
from lion.kernel.tool_calls import build_root
from lion.log.quota import RECORD_BYTES
from tests.kernel.test_log_share import _says_ok, world

QUOTA = 800_000
NEWS = MessageArrived("@west/ann", "", f'"{"x" * 20_000}"', "", "news")


def _flood(live: LiveRun, since: int = 1) -> int:
    """Until it is refused; how many came."""
    for number in range(since, 100):
        try:
            live.receive(msgspec.structs.replace(NEWS, id=f"west/1/{number}"))
        except CallError as exc:
            assert exc.case == "exhausted" and "takes no more from outside" in exc.text
            return number - since
    raise AssertionError("nobody stopped it")


async def test_who_writes_from_outside_leaves_each_holder_its_own_part() -> None:
    live = await world({"one": _says_ok, "two": _says_ok}, quota=QUOTA)
    live.bus.subscribe("0#1", "one", "news")
    assert 9 <= _flood(live) <= 11
    for name in ("one", "two"):
        holder = build_root(live, live.holders[name], name)
        with pytest.raises(GuestError, match="fill its part of the rest"):
            while True:
                holder.note(LineLogged("info", "x" * 10_000), 0)
                holder.owner.share.check()
        assert holder.owner.share.used > QUOTA // 4


async def test_what_nobody_reads_takes_no_room() -> None:
    live = await world({"one": _says_ok}, quota=QUOTA)
    with pytest.raises(AssertionError, match="nobody stopped it"):
        _flood(live)
    assert live.shares.came == 0


async def test_holders_who_fill_what_is_everybodys_shut_the_door() -> None:
    live = await world({"one": _says_ok}, quota=QUOTA)
    live.bus.subscribe("0#1", "one", "news")
    live.holders["one"].share.charge(QUOTA // 2 + 1)
    assert _flood(live) == 0


async def test_a_run_that_goes_on_has_taken_what_its_records_say() -> None:
    live = await world({"one": _says_ok}, quota=QUOTA)
    live.bus.subscribe("0#1", "one", "news")
    past = Past(RECORD_BYTES)
    past.bus.subscribe("0#1", "one", "news")
    assert _flood(live)
    log: Any = live.log
    for record in log.reader().records("r"):
        past.add(record)
    assert past.came == live.shares.came > 0
