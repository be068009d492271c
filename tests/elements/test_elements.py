"""Look here if you want to know that elements are the same by their ids, that piles and
progressions keep order and types, and that what is written is read again, of registered classes.
"""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lion.elements import (
    BadElement,
    Branch,
    Element,
    Event,
    EventStatus,
    Execution,
    Log,
    Pile,
    Progression,
    from_dict,
)


class Jotting(Element):
    """One of a program's own."""

    def __init__(self, text: str = "", **known: Any) -> None:
        super().__init__(**known)
        self.text = text

    def fields(self) -> dict[str, Any]:
        return {"text": self.text}

    @classmethod
    def build(cls, fields: Any, **known: Any) -> "Jotting":
        return cls(fields["text"], **known)


class LongJotting(Jotting):
    """One beneath it."""


def test_two_are_the_same_by_their_ids() -> None:
    one, other = Jotting("a"), Jotting("a")
    assert one != other
    assert Jotting("b", id=one.id) == one
    assert len({one, Jotting("b", id=one.id), other}) == 2
    assert one != one.id


def test_times_are_aware_and_of_utc() -> None:
    with pytest.raises(BadElement, match="without a zone"):
        Element(created_at=datetime(2026, 1, 1))
    east = timezone(timedelta(hours=2))
    assert Element(created_at=datetime(2026, 1, 1, 2, tzinfo=east)).created_at == datetime(
        2026, 1, 1, tzinfo=UTC
    )


def _whole() -> list[Element]:
    notes = [Jotting("a"), LongJotting("b")]
    done = Event(execution=Execution(status=EventStatus.COMPLETED, response={"x": [1]}))
    return [
        Element(metadata={"who": "ann"}), *notes, done, Pile(notes), Progression(notes, name="n"),
        Log([done]), Branch(name="b", messages=Pile(notes), tools=["a.b"], log=Log([done])),
    ]  # fmt: skip


@pytest.mark.parametrize("one", _whole(), ids=lambda one: one.kind)
def test_what_is_written_is_read_again(one: Element) -> None:
    again = from_dict(one.to_dict())
    assert type(again) is type(one)
    assert again == one
    assert again.to_dict() == one.to_dict()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"kind": "os.system"}, "no class of elements 'os.system'"),
        ({"kind": "lion.elements.Element"}, "no class of elements"),
        ({"kind": None}, "no class of elements None"),
        ({"kind": ["Jotting"]}, "no class of elements"),
        ({"id": "1"}, "no Jotting as it is written"),
        ({"id": 1}, "no Jotting as it is written"),
        ({"created_at": "2026-01-01T00:00:00"}, "without a zone"),
        ({"metadata": 1}, "no Jotting as it is written"),
        ({"created_at": "0001-01-01T00:00:00+14:00"}, "no Jotting as it is written"),
        ({"kind": "x" * 100_000}, "no class of elements 'x{39} is"),
    ],
)
def test_what_is_none_is_refused_and_imports_nothing(change: dict[str, Any], words: str) -> None:
    with pytest.raises(BadElement, match=words):
        from_dict({**Jotting("a").to_dict(), **change})


@pytest.mark.parametrize("value", [None, 1, "Jotting", ["kind"]])
def test_what_is_no_dict_is_refused(value: Any) -> None:
    with pytest.raises(BadElement, match="is no element"):
        from_dict(value)
    with pytest.raises(BadElement, match="is no element"):
        from_dict({**Pile().to_dict(), "items": [value]})


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"messages": Jotting("a").to_dict()}, "belongs a Pile, and there is a Jotting"),
        ({"log": Pile().to_dict()}, "belongs a Log, and there is a Pile"),
        ({"tools": "abc"}, "names are a list of texts"),
        ({"models": [1]}, "names are a list of texts"),
    ],
)
def test_a_branch_is_read_of_what_a_branch_has(change: dict[str, Any], words: str) -> None:
    with pytest.raises(BadElement, match=words):
        from_dict({**Branch().to_dict(), **change})


def test_what_is_nested_without_end_is_refused() -> None:
    value = Jotting("a").to_dict()
    for _ in range(5_000):
        value = {**Pile().to_dict(), "items": [value]}
    with pytest.raises(BadElement):
        from_dict(value)


def test_a_class_has_its_name_alone() -> None:
    with pytest.raises(BadElement, match="there is a class of elements 'Jotting' already"):
        type("Jotting", (Element,), {})


def test_a_pile_takes_what_it_says() -> None:
    pile = Pile([Jotting("a")], item_type=Jotting)
    assert pile.include(LongJotting("b"))
    with pytest.raises(BadElement, match="takes Jotting, not Element"):
        pile.include(Element())  # type: ignore[arg-type]
    strict = Pile([Jotting("a")], item_type=Jotting, strict_type=True)
    with pytest.raises(BadElement, match="takes Jotting, not LongJotting"):
        strict.include(LongJotting("b"))
    assert len(strict) == len(strict.progression) == 1


def test_a_pile_is_asked_by_id_place_slice_and_what_is_true() -> None:
    notes = [Jotting(text) for text in "abc"]
    pile = Pile(notes)
    assert pile[notes[1].id] is pile[str(notes[1].id)] is pile[1] is notes[1]
    assert list(pile[1:]) == notes[1:]
    assert list(pile[lambda one: one.text != "b"]) == [notes[0], notes[2]]
    assert pile.ordered(Progression(reversed(notes))) == notes[::-1]
    for wrong in (uuid4(), 3, "nothing"):
        with pytest.raises(BadElement):
            pile[wrong]


def test_what_is_gone_through_is_as_it_was() -> None:
    pile = Pile([Jotting(text) for text in "abc"])
    for one in pile:
        pile.exclude(one)
        pile.include(Jotting("new"))
    assert [one.text for one in pile] == ["new"] * 3


def test_include_and_exclude_once_or_twice_are_the_same() -> None:
    note, pile = Jotting("a"), Pile[Jotting]()
    assert [pile.include(note), pile.include(note), len(pile)] == [True, False, 1]
    assert [pile.exclude(note), pile.exclude(note), len(pile)] == [True, False, 0]


def test_nothing_is_taken_out_of_a_log_or_changed_in_it() -> None:
    event = Event()
    log = Log([event])
    with pytest.raises(BadElement):
        log.exclude(event)
    with pytest.raises(BadElement):
        log.update(Event(id=event.id))
    with pytest.raises(BadElement, match="takes Event"):
        log.include(Jotting("a"))  # type: ignore[arg-type]


def test_a_fork_of_a_branch_goes_its_own_way() -> None:
    branch = Branch(messages=Pile([Jotting("a")]), tools=["a.b"])
    other = branch.fork()
    other.messages.include(Jotting("b"))
    assert len(branch.messages) == 1
    assert other.tools == branch.tools
    assert other.metadata["forked_from"] == str(branch.id)


IDS = [UUID(int=number) for number in range(5)]
MOVES = st.lists(
    st.tuples(
        st.sampled_from(["append", "insert", "include", "exclude", "move", "swap", "reverse"]),
        st.sampled_from(IDS), st.sampled_from(IDS), st.integers(0, 5),
    ),
    max_size=30,
)  # fmt: skip


@given(MOVES)
def test_a_progression_is_a_list_of_different_ids(
    moves: list[tuple[str, UUID, UUID, int]],
) -> None:
    progression, model = Progression(), list[UUID]()
    for move, one, other, at in moves:
        before = list(progression)
        try:
            match move:
                case "append" | "include" | "exclude":
                    getattr(progression, move)(one)
                case "insert":
                    progression.insert(at, one)
                case "move":
                    progression.move(one, at)
                case "swap":
                    progression.swap(one, other)
                case "reverse":
                    progression.reverse()
        except BadElement:
            assert list(progression) == before
            continue
        model = _moved(model, move, one, other, at)
        assert list(progression) == model
        assert all((id in progression) == (id in model) for id in IDS)
        assert [progression.index(id) for id in model] == list(range(len(model)))


def _moved(model: list[UUID], move: str, one: UUID, other: UUID, at: int) -> list[UUID]:
    model = list(model)
    match move:
        case "append" | "include" if one not in model:
            model.append(one)
        case "insert":
            model.insert(at, one)
        case "exclude" if one in model:
            model.remove(one)
        case "move":
            model.remove(one)
            model.insert(at, one)
        case "swap":
            a, b = model.index(one), model.index(other)
            model[a], model[b] = model[b], model[a]
        case "reverse":
            model.reverse()
    return model
