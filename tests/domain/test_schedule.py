"""Instants of a schedule: which comes next, which have come, and which are passed over."""

from hypothesis import given
from hypothesis import strategies as st

from lion.domain.schedule import DAY, MOST_MISSED, SECOND, Schedule
from lion.domain.task import Order

TWO = 2 * 3_600 * SECOND + 30 * 60 * SECOND


def schedule(every_ns: int, at_ns: int = 0, missed: str = "last") -> Schedule:
    order = Order(call="a.b")
    return Schedule(name="s", order=order, every_ns=every_ns, at_ns=at_ns, missed=missed)


def test_each_day_at_a_time() -> None:
    nightly = schedule(DAY, TWO)
    assert nightly.next(0) == TWO and nightly.next(TWO) == DAY + TWO
    assert nightly.next(TWO - 1) == TWO and nightly.next(10 * DAY) == 10 * DAY + TWO
    assert nightly.due(TWO, DAY + TWO - 1) is None
    assert nightly.due(TWO, DAY + TWO) == (DAY + TWO, 0)
    assert nightly.due(TWO, 4 * DAY) == (3 * DAY + TWO, 2)


def test_each_instant_that_was_missed_comes_and_of_too_many_the_last() -> None:
    each = schedule(SECOND, missed="each")
    assert each.due(0, 3 * SECOND) == (SECOND, 0)
    late = (MOST_MISSED + 5) * SECOND
    assert each.due(0, late) == (6 * SECOND, 5)


def test_a_clock_that_was_set_back_begins_nothing_twice() -> None:
    assert schedule(SECOND).due(10 * SECOND, 5 * SECOND) is None


@given(
    st.integers(SECOND, 10 * DAY), st.integers(0, DAY - 1), st.integers(0, 10**18),
    st.integers(0, 10 * DAY), st.sampled_from(["last", "each"]),
)  # fmt: skip
def test_none_comes_early_twice_or_out_of_step(
    every: int, at: int, since: int, later: int, missed: str
) -> None:
    one = schedule(every, at, missed)
    now, seen = since + later, since
    assert (one.next(since) - at) % every == 0 and since < one.next(since) <= since + every
    counted = 0
    while (due := one.due(seen, now)) is not None and counted < 50:
        assert seen < due[0] <= now and (due[0] - at) % every == 0
        assert due[1] == (due[0] - one.next(seen)) // every
        counted, seen = counted + 1, due[0]
    if missed == "last":
        assert counted <= 1
