"""Look here if you want to know that a handle stands for one thing and is closed in the end."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lion.domain.call import CallError
from lion.kernel.handles import LAST_REP, HandleTable


def case_of(act) -> str:
    with pytest.raises(CallError) as raised:
        act()
    return raised.value.case


def test_reps_count_from_one_and_are_never_given_again():
    table = HandleTable(2)
    assert [table.add("a", "x"), table.add("b", "y")] == [1, 2]
    table.drop(1)
    assert table.add("a", "z") == 3
    assert case_of(lambda: table.get(1)) == "not-found"
    assert (table.get(2), table.get(3), len(table)) == ("y", "z", 2)


def test_a_handle_of_another_kind_is_not_found():
    table = HandleTable(1)
    rep = table.add("body", "x")
    assert table.get(rep, "body") == table.get(rep) == "x"
    assert case_of(lambda: table.get(rep, "pending")) == "not-found"


@pytest.mark.parametrize("rep", [0, 2, -1, 2**32, 2**70])
def test_a_forged_handle_is_not_found_and_dropping_it_does_nothing(rep: int):
    table = HandleTable(1)
    table.add("a", "x")
    assert case_of(lambda: table.get(rep)) == "not-found"
    table.drop(rep)
    assert table.get(1) == "x"


@pytest.mark.parametrize("limit", [0, 1, 3])
def test_a_full_table_is_exhausted_until_one_is_dropped(limit: int):
    table = HandleTable(limit)
    reps = [table.add("a", "x") for _ in range(limit)]
    assert case_of(lambda: table.add("a", "x")) == "exhausted"
    for rep in reps[:1]:
        table.drop(rep)
        assert table.add("a", "x") == limit + 1


def test_reps_fit_into_32_bits():
    table = HandleTable(2)
    table._last = LAST_REP - 1
    assert table.add("a", "x") == LAST_REP
    assert case_of(lambda: table.add("a", "x")) == "exhausted"


def test_drop_closes_once():
    table, closed = HandleTable(1), []
    rep = table.add("a", "x", lambda: closed.append("x"))
    table.drop(rep)
    table.drop(rep)
    table.close()
    assert closed == ["x"]


def test_close_closes_all_newest_first_and_later_adds_are_refused():
    table, closed = HandleTable(3), []
    for name in "abc":
        table.add("a", name, lambda name=name: closed.append(name))
    table.close()
    table.close()
    assert closed == ["c", "b", "a"]
    assert len(table) == 0
    assert case_of(lambda: table.get(1)) == "not-found"
    assert case_of(lambda: table.add("a", "x")) == "cancelled"


def test_one_failing_close_does_not_keep_the_others_open():
    table, closed = HandleTable(3), []

    def fail() -> None:
        raise OSError("broken")

    table.add("a", "x", lambda: closed.append("x"))
    table.add("a", "y", fail)
    table.add("a", "z", lambda: closed.append("z"))
    with pytest.raises(OSError, match="broken"):
        table.close()
    assert closed == ["z", "x"]


def test_a_close_may_drop_and_add():
    table, refused = HandleTable(3), []

    def meddle() -> None:
        table.drop(1)
        refused.append(case_of(lambda: table.add("a", "y")))

    table.add("a", "x", meddle)
    table.close()
    assert refused == ["cancelled"]


@given(st.lists(st.none() | st.integers(0, 12), max_size=40), st.integers(0, 5))
def test_it_behaves_as_a_dictionary_with_a_bound(steps: list[int | None], limit: int):
    """Against a model: None adds, a number drops it."""
    table, model, last = HandleTable(limit), {}, 0
    for step in steps:
        if step is not None:
            table.drop(step)
            model.pop(step, None)
        elif len(model) < limit:
            last += 1
            assert table.add("a", f"thing {last}") == last
            model[last] = f"thing {last}"
        else:
            assert case_of(lambda: table.add("a", "x")) == "exhausted"
    assert {rep: table.get(rep) for rep in model} == model
    assert len(table) == len(model)
