"""Look here if you want to know that elements keep their quota, their bounds and their order, and
are what the calls say.
"""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lion.capabilities import elements
from lion.capabilities.elements import MOST_ORDERED, MOST_PROGRESSIONS
from lion.domain.call import CallError
from lion.domain.plan import Grant
from lion.testing.caller import FakeCaller, FakeTables, FrozenClock

NOBODY = "00000000-0000-7000-8000-000000000000"
STORE = "test/guide:elements"


def granted(count: int = 10_000, size: int = 1_000_000, *, at_ns: int = 10**18) -> FakeCaller:
    grant = Grant("elements", "allow.elements", quota={"elements": count, "bytes": size})
    made = FakeCaller(grants=[grant], clock=FrozenClock(at_ns))
    made.grant = made.foresee("elements", "create", "note").grant
    return made


@pytest.fixture
def tables() -> FakeTables:
    return FakeTables()


@pytest.fixture
def caller() -> FakeCaller:
    return granted()


def refused(case: str, tables: FakeTables, call: Callable[..., Any], *args: Any) -> str:
    """What a call says that fails and changes nothing."""
    before = tables.changes
    with pytest.raises(CallError) as caught:
        call(tables, *args)
    assert (caught.value.case, tables.changes) == (case, before)
    return caught.value.text


class TestElements:
    def test_one_is_got_as_it_was_made_and_changed(
        self, tables: FakeTables, caller: FakeCaller
    ) -> None:
        id = elements.create(tables, caller, "note", '{"a": " b"}')
        one = {"id": id, "kind": "note", "created-at": 10**12, "revision": 1}
        assert elements.get(tables, caller, id) == {**one, "content": '{"a": " b"}'}
        assert elements.update(tables, caller, id, "2", None) == 2
        assert elements.update(tables, caller, id, "3", 2) == 3
        assert elements.get(tables, caller, id) == {**one, "revision": 3, "content": "3"}

    def test_who_was_slower_changes_nothing(self, tables: FakeTables, caller: FakeCaller) -> None:
        id = elements.create(tables, caller, "note", "1")
        elements.update(tables, caller, id, "2", 1)
        said = refused("conflict", tables, elements.update, caller, id, "3", 1)
        assert "has revision 2, not 1" in said

    def test_what_was_deleted_is_gone_from_everywhere(
        self, tables: FakeTables, caller: FakeCaller
    ) -> None:
        kept, gone = (elements.create(tables, caller, "note", "1") for _ in range(2))
        for name in ("a", "b"):
            elements.append(tables, caller, name, gone)
        elements.append(tables, caller, "b", kept)
        assert elements.delete(tables, caller, gone) is True
        assert elements.delete(tables, caller, gone) is False
        assert elements.list_(tables, caller, "note", None, 10) == [kept]
        assert elements.progressions(tables, caller) == ["b"]
        assert elements.order(tables, caller, "b", 0, 10) == [kept]
        for call in (elements.get, lambda *given: elements.update(*given, "1", None)):
            refused("not-found", tables, call, caller, gone)

    def test_a_kind_is_listed_in_pages_oldest_first_whatever_the_clock_does(
        self, tables: FakeTables
    ) -> None:
        made = []
        for at_ns in (10**18, 10**18, 9 * 10**17, 11 * 10**17, 0):
            caller = granted(at_ns=at_ns)
            made.append(elements.create(tables, caller, "note", "1"))
            elements.create(tables, caller, "note.more", "1")
        assert elements.list_(tables, caller, "note", None, 3) == made[:3]
        elements.delete(tables, caller, made[2])
        assert elements.list_(tables, caller, "note", made[2], 3) == made[3:]
        assert elements.list_(tables, caller, "not", None, 3) == []
        times = [elements.get(tables, caller, id)["created-at"] for id in made if id != made[2]]
        assert times == sorted(times)
        assert {UUID(id).version for id in made} == {7}

    def test_stores_of_others_are_not_seen(self, tables: FakeTables, caller: FakeCaller) -> None:
        id = elements.create(tables, caller, "note", "1")
        other = granted()
        other.namespace = "test/other"
        refused("not-found", tables, elements.get, other, id)
        refused("not-found", tables, elements.append, other, "a", id)
        assert elements.list_(tables, other, "note", None, 10) == []
        assert elements.delete(tables, other, id) is False


class TestOrder:
    @pytest.fixture
    def ids(self, tables: FakeTables, caller: FakeCaller) -> list[str]:
        return [elements.create(tables, caller, "note", "1") for _ in range(4)]

    def test_places(self, tables: FakeTables, caller: FakeCaller, ids: list[str]) -> None:
        a, b, c, d = ids
        elements.append(tables, caller, "q", a)
        elements.append(tables, caller, "q", b)
        elements.insert(tables, caller, "q", c, 0)
        elements.insert(tables, caller, "q", d, 3)
        assert elements.order(tables, caller, "q", 0, 10) == [c, a, b, d]
        elements.move(tables, caller, "q", c, 3)
        elements.move(tables, caller, "q", d, 0)
        assert elements.order(tables, caller, "q", 0, 10) == [d, a, b, c]
        assert elements.order(tables, caller, "q", 1, 2) == [a, b]
        assert elements.order(tables, caller, "q", 9, 2) == []
        assert elements.exclude(tables, caller, "q", a) is True
        assert elements.exclude(tables, caller, "q", a) is False
        assert elements.get(tables, caller, a)["id"] == a

    def test_what_has_no_place(
        self, tables: FakeTables, caller: FakeCaller, ids: list[str]
    ) -> None:
        elements.append(tables, caller, "q", ids[0])
        refused("exists", tables, elements.append, caller, "q", ids[0])
        refused("invalid", tables, elements.insert, caller, "q", ids[1], 2)
        refused("invalid", tables, elements.move, caller, "q", ids[0], 1)
        refused("not-found", tables, elements.move, caller, "q", ids[1], 0)
        refused("not-found", tables, elements.append, caller, "q", NOBODY)
        refused("not-found", tables, elements.move, caller, "other", ids[0], 0)

    def test_a_progression_is_bounded(self, tables: FakeTables, caller: FakeCaller) -> None:
        for _ in range(MOST_ORDERED):
            elements.append(tables, caller, "q", elements.create(tables, caller, "note", "1"))
        more = elements.create(tables, caller, "note", "1")
        said = refused("exhausted", tables, elements.append, caller, "q", more)
        assert said == "a progression has at most 1,000 elements"

    def test_progressions_are(
        self, tables: FakeTables, caller: FakeCaller, ids: list[str]
    ) -> None:
        for number in range(MOST_PROGRESSIONS):
            elements.append(tables, caller, f"q{number}", ids[0])
        refused("exhausted", tables, elements.append, caller, "more", ids[0])
        elements.append(tables, caller, "q1", ids[1])
        elements.exclude(tables, caller, "q0", ids[0])
        elements.append(tables, caller, "more", ids[0])


class TestQuota:
    def test_of_elements(self, tables: FakeTables) -> None:
        caller = granted(count=2)
        first, _ = (elements.create(tables, caller, "note", "1") for _ in range(2))
        said = refused("exhausted", tables, elements.create, caller, "note", "1")
        assert said == "elements: the quota is 2 elements, 2 are there"
        elements.delete(tables, caller, first)
        elements.create(tables, caller, "note", "1")

    def test_of_bytes_is_exact(self, tables: FakeTables) -> None:
        """A store that is full to the last byte takes no more; what shrinks is always taken."""
        id = elements.create(tables, granted(), "note", '"grüße"')
        elements.append(tables, granted(), "q", id)
        size = tables.kv_bytes(STORE)
        full = granted(size=size)
        refused("exhausted", tables, elements.create, full, "note", "1")
        refused("exhausted", tables, elements.update, full, id, '"grüßee"', None)
        refused("exhausted", tables, elements.append, full, "p", id)
        elements.update(tables, granted(size=0), id, '"grüß"', None)
        elements.move(tables, granted(size=0), "q", id, 0)
        elements.exclude(tables, granted(size=0), "q", id)
        elements.delete(tables, granted(size=0), id)

    @pytest.mark.parametrize("spare", [-1, 0])
    def test_of_a_new_one_is_what_it_takes(self, spare: int) -> None:
        for before in (0, 1, 9):
            tables = FakeTables()
            for _ in range(before):
                elements.create(tables, granted(), "note", "1")
            used = tables.kv_bytes(STORE)
            other = FakeTables()
            for _ in range(before + 1):
                elements.create(other, granted(), "note", "1")
            assert tables.kv_bytes(STORE) == used
            caller = granted(size=other.kv_bytes(STORE) + spare)
            if spare:
                refused("exhausted", tables, elements.create, caller, "note", "1")
            else:
                elements.create(tables, caller, "note", "1")

    def test_without_a_grant_there_is_none(self, tables: FakeTables) -> None:
        refused("exhausted", tables, elements.create, FakeCaller(), "note", "1")


BAD = [
    ("create", ["", "1"]), ("create", ["n" * 65, "1"]), ("create", ["a/b", "1"]),
    ("create", ["a b", "1"]), ("create", ["nöte", "1"]), ("create", ["a..b", "1"]),
    ("create", ["a\n", "1"]), ("create", [".".join("abcdefghijklmnopq"), "1"]),
    ("append", ["", NOBODY]), ("order", ["a/b", 0, 1]), ("list", ["e/", None, 1]),
    ("get", [""]), ("get", [NOBODY.upper().replace("0", "A")]), ("get", ["0" * 36]),
    ("get", [NOBODY[:-1] + "٣"]), ("get", [NOBODY + "\n"]), ("delete", ["../" * 12]),
]  # fmt: skip


@pytest.mark.parametrize(("name", "args"), BAD, ids=[f"{n} {a[0][:9]!r}" for n, a in BAD])
def test_a_kind_or_an_id_that_is_none_is_refused_before_anything_is_decided(
    name: str, args: list[Any]
) -> None:
    (operation,) = (one for one in elements.OPERATIONS if one.name == name)
    assert operation.target is not None
    with pytest.raises(CallError) as caught:
        operation.target(args)
    assert caught.value.case == "invalid"


BAD_CALLS: list[tuple[Any, list[Any]]] = [
    (elements.create, ["note", "no json"]), (elements.create, ["note", ""]),
    (elements.create, ["note", "[" * 65 + "]" * 65]), (elements.create, ["note", "[" * 60_000]),
    (elements.create, ["note", f'"{"x" * 65_535}"']), (elements.update, [NOBODY, "{", None]),
    (elements.list_, ["note", "x", 1]), (elements.list_, ["note", None, 0]),
    (elements.list_, ["note", None, 1_001]), (elements.order, ["q", 0, 0]),
    (elements.append, ["q", "x"]), (elements.move, ["q", "x", 0]), (elements.exclude, ["q", "x"]),
]  # fmt: skip


@pytest.mark.parametrize(("call", "args"), BAD_CALLS)
def test_other_arguments_that_make_no_sense_are_invalid(
    call: Any, args: list[Any], tables: FakeTables, caller: FakeCaller
) -> None:
    refused("invalid", tables, call, caller, *args)


class Model:
    """What elements are, said once more and simply."""

    def __init__(self) -> None:
        self.kinds: dict[str, str] = {}
        self.orders: dict[str, list[str]] = {}

    def check(self, tables: FakeTables, caller: FakeCaller) -> None:
        for kind in "ab":
            wanted = [id for id, one in self.kinds.items() if one == kind]
            assert elements.list_(tables, caller, kind, None, 1_000) == wanted
        there = {name: order for name, order in self.orders.items() if order}
        assert elements.progressions(tables, caller) == sorted(there)
        for name, order in there.items():
            assert elements.order(tables, caller, name, 0, 1_000) == order
        if not self.kinds:
            tables.kv_delete(STORE, "n")
            assert tables.kv_bytes(STORE) == 0


STEPS = st.tuples(
    st.sampled_from(["create", "delete", "append", "insert", "move", "exclude"]),
    st.sampled_from("ab"), st.integers(0, 7), st.integers(0, 7),
)  # fmt: skip


@pytest.mark.hypothesis
@given(st.lists(STEPS, max_size=40))
def test_any_calls_leave_what_a_plain_model_says(steps: list[tuple[str, str, int, int]]) -> None:
    tables, caller, model = FakeTables(), granted(), Model()
    for step, word, which, place in steps:
        ids = list(model.kinds)
        if step == "create":
            model.kinds[elements.create(tables, caller, word, "1")] = word
        elif ids:
            id, order = ids[which % len(ids)], model.orders.setdefault(word, [])
            _take(step, tables, caller, word, id, order, place, model)
    model.check(tables, caller)
    for id in list(model.kinds):
        elements.delete(tables, caller, id)
    Model().check(tables, caller)


def _take(
    step: str, tables: FakeTables, caller: FakeCaller, word: str, id: str, order: list[str],
    place: int, model: Model,
) -> None:  # fmt: skip
    match step:
        case "delete":
            assert elements.delete(tables, caller, id)
            del model.kinds[id]
            for one in model.orders.values():
                if id in one:
                    one.remove(id)
        case "exclude":
            assert elements.exclude(tables, caller, word, id) == (id in order)
            if id in order:
                order.remove(id)
        case "move" if id in order:
            elements.move(tables, caller, word, id, place % len(order))
            order.remove(id)
            order.insert(place % (len(order) + 1), id)
        case "append" if id not in order:
            elements.append(tables, caller, word, id)
            order.append(id)
        case "insert" if id not in order:
            elements.insert(tables, caller, word, id, place % (len(order) + 1))
            order.insert(place % (len(order) + 1), id)
