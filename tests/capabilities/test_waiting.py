"""Look here if you want to know that sleep and poll wait for what they should, and no longer."""

import pytest
import trio
from hypothesis import given
from hypothesis import strategies as st

from lion.capabilities import clock, poll
from lion.domain.call import CallError
from lion.kernel.system_clock import SystemClock
from lion.testing.caller import FakeCaller, FakePending
from lion.testing.clock import FrozenClock

SECOND = 1_000_000_000
CENTURIES = 2**64 - 1


class TestClock:
    def test_times_are_those_of_the_callers_clock(self):
        frozen = FrozenClock(now_ns=5, monotonic_ns=7)
        caller = FakeCaller(clock=frozen)
        assert (clock.now(caller), clock.monotonic(caller)) == (5, 7)
        frozen.advance(10)
        assert (clock.now(caller), clock.monotonic(caller)) == (15, 17)

    async def test_the_system_clock_starts_at_zero_and_follows_trio(self, autojump_clock):
        system = SystemClock()
        assert system.monotonic_ns() == 0
        await trio.sleep(1.5)
        assert system.monotonic_ns() == 1.5 * SECOND
        assert system.now_ns() > 1_700_000_000 * SECOND

    @pytest.mark.parametrize("duration", [1, 999, 1_000_001, SECOND, 3 * SECOND + 7])
    async def test_sleep_lasts_as_long_as_asked(self, autojump_clock, duration):
        await trio.sleep(0.123456789)
        caller = FakeCaller(clock=SystemClock())
        before = clock.monotonic(caller)
        await clock.sleep(caller, duration)
        assert duration <= clock.monotonic(caller) - before <= duration + 100

    async def test_sleep_of_nothing_lets_others_go_on(self, autojump_clock):
        with trio.testing.assert_checkpoints():
            await clock.sleep(FakeCaller(), 0)
        assert trio.current_time() == 0

    async def test_a_scope_ends_a_sleep_of_centuries(self, autojump_clock):
        with trio.move_on_after(3) as scope:
            await clock.sleep(FakeCaller(), CENTURIES)
        assert scope.cancelled_caught
        assert trio.current_time() == 3


@pytest.fixture
def pending() -> list[FakePending]:
    return [FakePending() for _ in range(3)]


@pytest.fixture
def caller(pending: list[FakePending]) -> FakeCaller:
    """Holds `pending` as the handles 1, 2 and 3."""
    caller = FakeCaller(clock=FrozenClock())
    for thing in pending:
        caller.handles.add("pending", thing)
    return caller


class TestReadyAlready:
    """No checkpoint passes, so no task was made."""

    @pytest.mark.parametrize("until", [None, 0, 5 * SECOND])
    async def test_all_that_are_ready_in_the_order_asked(self, caller, pending, until):
        pending[0].finish("a")
        pending[2].finish("c")
        with trio.testing.assert_no_checkpoints():
            assert await poll.wait(caller, "3 2 1", until) == [0, 2]

    async def test_twice_the_same_handle(self, caller, pending):
        pending[0].finish("a")
        assert await poll.wait(caller, "1 2 1", None) == [0, 2]

    @pytest.mark.parametrize("handles", ["", "1", "1 2"])
    async def test_an_instant_that_has_passed_asks_without_waiting(self, caller, handles):
        caller.clock.advance(SECOND)
        with trio.testing.assert_no_checkpoints():
            for until in (0, SECOND - 1, SECOND):
                assert await poll.wait(caller, handles, until) == []


class TestWaiting:
    @pytest.mark.parametrize(("handles", "answer"), [("2", [0]), ("1 2 3", [1]), ("2 2", [0, 1])])
    async def test_for_the_first(self, caller, pending, handles, answer, nursery, autojump_clock):
        async def finish_later() -> None:
            await trio.sleep(2)
            pending[1].finish("b")

        nursery.start_soon(finish_later)
        assert await poll.wait(caller, handles, None) == answer
        assert trio.current_time() == 2
        assert [thing.waiting for thing in pending] == [0, 0, 0]

    async def test_for_several_that_come_at_once(self, caller, pending, nursery, autojump_clock):
        async def finish_later() -> None:
            await trio.sleep(2)
            for thing in pending:
                thing.finish("x")

        nursery.start_soon(finish_later)
        assert await poll.wait(caller, "1 2 3", 5 * SECOND) == [0, 1, 2]

    @pytest.mark.parametrize("handles", ["", "1", "1 2 3"])
    async def test_until_the_instant_at_most(self, handles, pending, caller, autojump_clock):
        caller.clock = SystemClock()
        await trio.sleep(1)
        assert await poll.wait(caller, handles, 3 * SECOND) == []
        assert 3 * SECOND <= caller.clock.monotonic_ns() <= 3 * SECOND + 100
        assert [thing.waiting for thing in pending] == [0, 0, 0]

    @pytest.mark.parametrize("handles", ["", "1", "1 2 3"])
    async def test_a_scope_ends_it(self, caller, pending, handles, autojump_clock):
        with trio.move_on_after(3) as scope:
            await poll.wait(caller, handles, CENTURIES)
        assert scope.cancelled_caught
        assert [thing.waiting for thing in pending] == [0, 0, 0]

    async def test_for_1024_handles(self, caller, pending, nursery, autojump_clock):
        for _ in range(1_021):
            caller.handles.add("pending", FakePending())

        async def finish_later() -> None:
            await trio.sleep(2)
            caller.handles.get(1_024).finish("x")

        nursery.start_soon(finish_later)
        handles = " ".join(map(str, range(1, 1_025)))
        assert await poll.wait(caller, handles, None) == [1_023]


class TestRefusals:
    async def test_nothing_that_could_end_it_is_invalid(self, caller):
        with pytest.raises(CallError, match="nothing could end this wait") as raised:
            await poll.wait(caller, "", None)
        assert raised.value.case == "invalid"

    @pytest.mark.parametrize("handles", ["0", "4", "1 4", "9999999999"])
    async def test_a_handle_that_is_none_is_not_found(self, caller, handles):
        with pytest.raises(CallError) as raised:
            await poll.wait(caller, handles, 0)
        assert raised.value.case == "not-found"

    async def test_a_dropped_handle_is_not_found(self, caller):
        caller.handles.drop(2)
        with pytest.raises(CallError) as raised:
            await poll.wait(caller, "1 2", None)
        assert raised.value.case == "not-found"


class TestParsing:
    @given(st.lists(st.integers(0, 2**32 - 1), max_size=20))
    def test_what_is_written_is_read(self, handles: list[int]):
        assert poll.parse_handles(" ".join(map(str, handles))) == handles

    @given(st.text("019 -+_x٣\n\t", max_size=24) | st.text(max_size=8))
    def test_there_is_one_way_to_write_it(self, text: str):
        try:
            handles = poll.parse_handles(text)
        except CallError as error:
            assert error.case == "invalid"
        else:
            assert " ".join(map(str, handles)) == text

    def test_1024_of_the_longest_are_fine_and_one_more_is_invalid(self):
        longest = [2**32 - 1] * 1_024
        assert poll.parse_handles(" ".join(map(str, longest))) == longest
        with pytest.raises(CallError, match="at most 1,024"):
            poll.parse_handles(" ".join(["1"] * 1_025))

    @pytest.mark.parametrize(
        "text", ["1" * 60_000, "1 " * 30_000, " " * 60_000, "1" * 5_000, "12345678901"]
    )
    def test_long_texts_are_invalid(self, text: str):
        with pytest.raises(CallError) as raised:
            poll.parse_handles(text)
        assert raised.value.case == "invalid"
        assert len(raised.value.text) < 200
