"""Look here if you want to know that budgets and rates are charged exactly, to all liable."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lion.domain.events import BudgetWarned
from lion.domain.plan import MIB, SECOND, Limits, Rate
from lion.domain.rate import Bucket, render_rate
from lion.kernel.balance import Refusal
from lion.kernel.budgets import Budgets, Purse
from lion.testing.clock import FrozenClock

FREE = Limits(output=None)


class Books:
    """The budgets of a run, with what they told."""

    def __init__(self) -> None:
        self.clock = FrozenClock()
        self.notes: list[tuple[str, str, int, int]] = []
        self.warnings: list[BudgetWarned] = []
        self.budgets = Budgets(
            self.clock, lambda *note: self.notes.append(note), self.warnings.append
        )

    def purse(self, *holders: tuple[str, Limits]) -> Purse:
        return self.budgets.purse(holders)


@pytest.fixture
def books() -> Books:
    return Books()


def refused(refusal: Refusal | None) -> Refusal:
    assert refusal is not None
    return refusal


class TestCalls:
    def test_as_many_as_the_limit_and_no_more(self, books):
        purse = books.purse(("guide", Limits(calls=3)))
        assert [purse.reserve() for _ in range(3)] == [None] * 3
        refusal = refused(purse.reserve())
        assert (refusal.holder, refusal.budget) == ("guide", "calls")
        assert (refusal.limit, refusal.used, refusal.asked) == (3, 3, 1)
        assert refusal.reason == "budget calls of guide: limit 3, used 3, asked 1"

    def test_the_guest_is_told_the_budget_and_no_name(self, books):
        refusal = refused(books.purse(("guide", Limits(calls=0))).reserve())
        assert refusal.text == "host calls: more than 0 in this run; 0 are used, 1 asked for"

    def test_zero_means_none_at_all(self, books):
        assert books.purse(("guide", Limits(calls=0))).reserve() is not None

    def test_none_means_no_limit(self, books):
        purse = books.purse(("guide", FREE))
        assert not purse.counts_calls
        assert purse.reserve(calls=10**12, output=10**12) is None
        assert books.notes == []
        assert books.budgets.state() == []

    def test_an_account_lasts_for_the_run(self, books):
        assert books.purse(("guide", Limits(calls=1))).reserve() is None
        assert books.purse(("guide", Limits(calls=1))).reserve() is not None
        assert books.purse(("other", Limits(calls=1))).reserve() is None


class TestOutput:
    def test_the_default_is_16_mib(self, books):
        purse = books.purse(("guide", Limits()))
        assert not purse.counts_calls
        assert purse.reserve(output=16 * MIB) is None
        refusal = refused(purse.reserve(output=1))
        assert (refusal.budget, refusal.limit, refusal.used, refusal.asked) == (
            "output", 16 * MIB, 16 * MIB, 1,
        )  # fmt: skip
        assert refusal.text.startswith("output: more than 16,777,216 bytes in this run")

    def test_a_call_that_shows_nothing_is_not_refused_for_it(self, books):
        purse = books.purse(("guide", Limits(output=0)))
        assert purse.reserve(output=0) is None
        assert purse.reserve(output=1) is not None

    def test_what_does_not_fit_leaves_room_for_less(self, books):
        purse = books.purse(("guide", Limits(output=10)))
        assert purse.reserve(output=11) is not None
        assert purse.reserve(output=10) is None

    def test_what_was_not_used_is_given_back(self, books):
        purse = books.purse(("guide", Limits(output=10)))
        assert purse.reserve(output=10) is None
        purse.settle(output=4)
        assert refused(purse.reserve(output=5)).used == 6
        assert purse.reserve(output=4) is None


class TestChain:
    def test_a_callees_calls_are_charged_to_its_callers(self, books):
        chain = (("guide", Limits(calls=2)), ("notes", Limits(calls=10)))
        assert books.purse(*chain).reserve() is None
        assert books.purse(chain[0]).reserve() is None
        refusal = refused(books.purse(*chain).reserve())
        assert refusal.holder == "guide"
        assert "guide" not in refusal.text
        assert refusal.told("guide") == refusal.text
        told = refusal.told("ann")
        assert told == "calls: whoever called this has none left; its caller is told more"
        assert books.purse(chain[1]).reserve() is None

    def test_a_refusal_charges_nobody(self, books):
        chain = (("guide", Limits(calls=10, output=10)), ("notes", Limits(calls=0, output=10)))
        assert books.purse(*chain).reserve(output=1) is not None
        assert [used for *_, used in books.budgets.state()] == [0, 0, 0, 0]
        assert books.notes == []

    def test_a_rate_refused_takes_no_token_of_the_others(self, books):
        guide = ("guide", Limits(rate=Rate(1, SECOND)))
        notes = ("notes", Limits(rate=Rate(0, SECOND)))
        assert books.purse(guide, notes).reserve() is not None
        assert books.purse(guide).reserve() is None

    def test_a_holder_twice_in_the_chain_is_charged_once(self, books):
        guide = ("guide", Limits(calls=10, output=None))
        assert books.purse(guide, ("notes", FREE), guide).reserve() is None
        assert books.budgets.state() == [("guide", "calls", 10, 1)]

    def test_one_holder_that_counts_makes_the_chain_count(self, books):
        assert books.purse(("a", FREE), ("b", Limits(calls=1))).counts_calls
        assert books.purse(("c", Limits(rate=Rate(1, 1))), ("a", FREE)).counts_calls
        assert not books.purse(("a", FREE), ("d", Limits())).counts_calls


class TestNotes:
    def test_each_change_is_told(self, books):
        purse = books.purse(("guide", Limits(calls=5, output=100)))
        purse.reserve(output=30)
        purse.settle(output=10)
        assert books.notes == [
            ("guide", "calls", 5, 1),
            ("guide", "output", 100, 30),
            ("guide", "output", 100, 20),
        ]
        assert books.budgets.state() == [("guide", "calls", 5, 1), ("guide", "output", 100, 20)]

    def test_a_warning_comes_once_at_80_percent(self, books):
        purse = books.purse(("guide", Limits(calls=10)))
        warned = []
        for _ in range(11):
            purse.reserve()
            warned.append(len(books.warnings))
        assert warned == [0] * 7 + [1] * 4
        assert books.warnings == [BudgetWarned(holder="guide", budget="calls", limit=10, used=8)]

    def test_each_budget_warns_for_itself(self, books):
        purse = books.purse(("guide", Limits(calls=1, output=10)), ("notes", Limits(output=10)))
        purse.reserve(output=9)
        assert [(w.holder, w.budget) for w in books.warnings] == [
            ("guide", "calls"), ("guide", "output"), ("notes", "output"),
        ]  # fmt: skip

    def test_given_back_and_used_again_does_not_warn_twice(self, books):
        purse = books.purse(("guide", Limits(output=10)))
        for _ in range(3):
            purse.reserve(output=10)
            purse.settle(output=10)
        assert len(books.warnings) == 1


class TestRate:
    def test_a_burst_and_then_the_pace(self, books):
        purse = books.purse(("guide", Limits(rate=Rate(100, SECOND))))
        assert [purse.reserve() for _ in range(100)] == [None] * 100
        refusal = refused(purse.reserve())
        assert refusal.text == "host calls: more than 100/s; wait and call again"
        assert refusal.reason == "budget rate of guide: limit 100, used 100, asked 1"
        books.clock.advance(SECOND // 100 - 1)
        assert purse.reserve() is not None
        books.clock.advance(1)
        assert purse.reserve() is None
        assert purse.reserve() is not None

    def test_it_holds_no_more_than_its_count(self, books):
        purse = books.purse(("guide", Limits(rate=Rate(2, SECOND))))
        books.clock.advance(3_600 * SECOND)
        assert [purse.reserve() is None for _ in range(3)] == [True, True, False]

    def test_none_at_all(self, books):
        purse = books.purse(("guide", Limits(rate=Rate(0, SECOND))))
        books.clock.advance(3_600 * SECOND)
        assert purse.reserve() is not None

    @pytest.mark.parametrize(
        ("rate", "text"),
        [
            (Rate(100, SECOND), "100/s"),
            (Rate(5, 60 * SECOND), "5/min"),
            (Rate(1_000, 3_600 * SECOND), "1,000/h"),
            (Rate(3, SECOND // 4), "3 in 250 ms"),
        ],
    )
    def test_rendering(self, rate: Rate, text: str):
        assert render_rate(rate) == text

    @given(
        st.integers(1, 50), st.integers(1, 10**10), st.lists(st.integers(0, 10**9), max_size=60)
    )
    def test_never_more_than_the_burst_and_the_pace(self, count, period_ns, steps):
        bucket, now, taken = Bucket(Rate(count, period_ns), 0), 0, 0
        for step in steps:
            now += step
            tokens = bucket.tokens(now)
            assert 0 <= tokens <= count
            bucket.take(tokens)
            taken += tokens
        assert taken <= count + now * count / period_ns

    @given(st.integers(1, 50), st.integers(1, 10**6), st.lists(st.integers(1, 10**5), max_size=60))
    def test_small_steps_of_the_clock_lose_nothing(self, count, period_ns, steps):
        stepped, whole = Bucket(Rate(count, period_ns), 0), Bucket(Rate(count, period_ns), 0)
        for bucket in (stepped, whole):
            bucket.take(bucket.tokens(0))
        now = 0
        for step in steps:
            now += step
            stepped.tokens(now)
        assert stepped.tokens(now) == whole.tokens(now)

    def test_a_clock_that_stands_or_goes_back_gives_nothing(self):
        bucket = Bucket(Rate(1, SECOND), 5 * SECOND)
        bucket.take(1)
        assert bucket.tokens(5 * SECOND) == 0
        assert bucket.tokens(0) == 0
        assert bucket.tokens(6 * SECOND) == 1


@given(
    st.lists(st.tuples(st.integers(0, 5), st.integers(0, 30), st.booleans()), max_size=40),
    st.integers(0, 20),
    st.integers(0, 100),
)
def test_no_order_of_reserving_and_settling_passes_a_limit(steps, calls, output):
    books = Books()
    purse = books.purse(("guide", Limits(calls=calls, output=output)))
    used_calls = used_output = 0
    for asked_calls, asked_output, is_kept in steps:
        fits = used_calls + asked_calls <= calls and used_output + asked_output <= output
        refusal = purse.reserve(asked_calls, asked_output)
        assert (refusal is None) == fits
        if refusal is not None:
            continue
        used_calls += asked_calls
        used_output += asked_output if is_kept else 0
        if not is_kept:
            purse.settle(output=asked_output)
    assert books.budgets.state() == [
        ("guide", "calls", calls, used_calls), ("guide", "output", output, used_output),
    ]  # fmt: skip
