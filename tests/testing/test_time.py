"""Look here if you want to know how time stands still in a test, and passes all the same."""

import json

import pytest
import trio
from hypothesis import given
from hypothesis import strategies as st

from lion.testing import FrozenClock, GuestError, OperatorError, kit, open_kit
from lion.testing.clock import START_NS
from tests.wasm.kit import BUILT

PROBE, WAITER, HOSTILE = (BUILT / f"{name}.wasm" for name in ("probe", "waiter", "hostile"))
SECOND = 1_000_000_000
HOUR = 3600 * SECOND


class TestSync:
    def test_time_begins_at_a_known_instant_and_stands_still(self):
        with kit(PROBE) as lion:
            for _ in range(2):
                assert json.loads(lion.call("probe.clock-now")) == START_NS
                assert json.loads(lion.call("probe.clock-monotonic")) == 0
            assert {record.time_ns for record in lion.records} == {START_NS}

    def test_it_is_advanced_between_runs(self):
        with kit(PROBE) as lion:
            lion.advance("1 h")
            lion.advance(5)
            assert json.loads(lion.call("probe.clock-now")) == START_NS + HOUR + 5
            assert json.loads(lion.call("probe.clock-monotonic")) == 0

    def test_a_sleep_passes_by_itself_and_to_the_nanosecond(self):
        with kit(PROBE, limits={"deadline": "2 h"}) as lion:
            lion.call("probe.clock-sleep", duration=HOUR)
            assert json.loads(lion.call("probe.clock-now")) == START_NS + HOUR

    def test_an_agent_that_waits_much_takes_no_time(self):
        with kit(WAITER, config={"times": 10, "nanos": HOUR}) as lion:
            assert lion.run("waiter", "tea").text == "tea: waited 10 times"
            assert lion.records[-1].time_ns == START_NS + 10 * HOUR

    def test_deadlines_go_by_the_same_time(self):
        with kit(HOSTILE, limits={"deadline": "10 s"}) as lion:
            lion.call("hostile.sleep", nanos=9 * SECOND)
            with pytest.raises(GuestError) as caught:
                lion.call("hostile.sleep", nanos=11 * SECOND)
            assert caught.value.ending == "deadline"
            assert lion.records[-1].time_ns == START_NS + 19 * SECOND

    def test_poll_goes_by_the_same_time(self):
        with kit(PROBE, limits={"deadline": "2 h"}) as lion:
            lion.call("probe.poll-wait", handles="", until=HOUR)
            assert lion.records[-1].time_ns == START_NS + HOUR


async def somebody_waits(seconds: float) -> None:
    """Until the next instant that anybody waits for is so far away, however long that takes."""
    left = trio.lowlevel.current_statistics
    while abs(left().seconds_to_next_deadline - seconds) > 1e-3:
        await trio.lowlevel.checkpoint()


class TestAsync:
    @pytest.fixture
    def clock(self) -> FrozenClock:
        return FrozenClock()

    async def test_a_fixture_freezes_it(self, clock):
        async with open_kit(PROBE, limits={"deadline": "2 h"}) as lion:
            await lion.call("probe.clock-sleep", duration=HOUR)
            assert json.loads(await lion.call("probe.clock-now")) == START_NS + HOUR
            await lion.assert_replays()

    async def test_explicitly(self, clock):
        ended = trio.Event()

        async with open_kit(PROBE, auto_advance=False) as lion, trio.open_nursery() as nursery:

            async def sleep() -> None:
                await lion.call("probe.clock-sleep", duration=10 * SECOND)
                ended.set()

            nursery.start_soon(sleep)
            await somebody_waits(10)
            lion.advance("9 s")
            await trio.testing.wait_all_tasks_blocked()
            await somebody_waits(1)
            assert not ended.is_set()
            lion.advance("2 s")
            await ended.wait()

    async def test_without_one_it_is_the_machines(self):
        async with open_kit(PROBE) as lion:
            assert json.loads(await lion.call("probe.clock-now")) > START_NS
            with pytest.raises(OperatorError, match="fixture"):
                lion.advance("1 s")

    async def test_what_a_test_raises_comes_out_as_it_is(self, clock):
        with pytest.raises(ZeroDivisionError):
            async with open_kit(PROBE):
                raise ZeroDivisionError

    async def test_cancelling_reaches_the_guest(self, clock):
        async with open_kit(HOSTILE, limits={"deadline": "1 h"}) as lion:
            with trio.move_on_after(5) as scope:
                await lion.call("hostile.sleep", nanos=60 * SECOND)
            assert scope.cancelled_caught
            assert lion.find_calls("clock.sleep")[0].status == "cancelled"


class TestClock:
    @given(st.floats(0, 1e12), st.floats(0, 1e12))
    def test_going_to_an_instant_reaches_it_and_hardly_more(self, first, second):
        clock = FrozenClock(now_ns=0)
        for deadline in sorted((first, second)):
            clock.advance_to(deadline)
            assert deadline <= clock.current_time() <= deadline * (1 + 1e-12) + 1e-6

    @given(st.lists(st.integers(1, 10**15), max_size=20))
    def test_a_sleeper_wakes_not_early_and_at_most_a_nanosecond_late(self, naps):
        clock = FrozenClock()
        for nap in naps:
            before = clock.monotonic_ns()
            clock.advance_to(clock.current_time() + (nap + 1) * 1e-9)
            assert clock.monotonic_ns() - before >= nap - nap // 10**9
