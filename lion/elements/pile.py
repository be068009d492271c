"""Look here if you want to know what a pile is: elements by id, in the order of its progression.

Rule: a pile and its progression hold the same ids, whatever fails on the way.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Generic, Self, TypeVar, cast, overload
from uuid import UUID

from lion.elements.element import BadElement, Element, from_dict, id_of
from lion.elements.progression import Named, Progression

E = TypeVar("E", bound=Element)


class Pile(Element, Generic[E]):
    """Elements, each once. With an `item_type` only of that; if it is `strict_type`, not of a
    class beneath it either.
    """

    def __init__(
        self,
        items: Iterable[E] = (),
        *,
        item_type: type[E] | None = None,
        strict_type: bool = False,
        **known: Any,
    ) -> None:
        """Raises BadElement for what is of another type."""
        super().__init__(**known)
        self.item_type = item_type
        self.strict_type = strict_type
        self._items: dict[UUID, E] = {}
        self.progression = Progression()
        for one in items:
            self.include(one)

    def __len__(self) -> int:
        return len(self._items)

    def __iter__(self) -> Iterator[E]:
        """As it is now, whatever changes meanwhile."""
        return iter([self._items[id] for id in self.progression])

    def __contains__(self, what: object) -> bool:
        return (what.id if isinstance(what, Element) else what) in self._items

    @overload
    def __getitem__(self, at: UUID | str | int) -> E: ...
    @overload
    def __getitem__(self, at: slice | Callable[[E], bool]) -> "Pile[E]": ...
    def __getitem__(self, at: UUID | str | int | slice | Callable[[E], bool]) -> "E | Pile[E]":
        """By id or position; several by slice or by what is true of them. Raises BadElement."""
        match at:
            case int():
                return self._items[self._at(at)]
            case slice():
                return self._some(self._items[id] for id in self.progression[at])
            case UUID() | str():
                return self._get(at)
            case _:
                return self._some(one for one in self if at(one))

    def include(self, what: E) -> bool:
        """Put it at the end unless it is there; whether it was not. Raises BadElement."""
        self._check(what)
        is_new = self.progression.include(what)
        if is_new:
            self._items[what.id] = what
        return is_new

    def exclude(self, what: Named) -> bool:
        """Take it out if it is there; whether it was."""
        was_there = self.progression.exclude(what)
        if was_there:
            del self._items[id_of(what)]
        return was_there

    def update(self, what: E) -> None:
        """Put it in the place of the one with its id, or at the end. Raises BadElement."""
        if not self.include(what):
            self._items[what.id] = what

    def ordered(self, by: Iterable[UUID]) -> list[E]:
        """Its elements in another order, those that it has."""
        return [self._items[id] for id in by if id in self._items]

    def fields(self) -> dict[str, Any]:
        """Items in order, each with its class."""
        kind = None if self.item_type is None else self.item_type.kind
        return {
            "item_type": kind, "strict_type": self.strict_type,
            "items": [one.to_dict() for one in self],
        }  # fmt: skip

    @classmethod
    def build(cls, fields: Mapping[str, Any], **known: Any) -> Self:
        """See Element.build. What its type was is not read: its items say theirs."""
        return cls([cast(E, from_dict(one)) for one in fields["items"]], **known)

    def _some(self, items: Iterable[E]) -> "Pile[E]":
        return Pile(items, item_type=self.item_type, strict_type=self.strict_type)

    def _get(self, what: Named) -> E:
        found = id_of(what)
        if found not in self._items:
            raise BadElement(f"{found} is not in this pile")
        return self._items[found]

    def _at(self, at: int) -> UUID:
        try:
            return self.progression[at]
        except IndexError:
            raise BadElement(f"there is no position {at}; there are {len(self)}") from None

    def _check(self, what: E) -> None:
        wanted = self.item_type
        if not isinstance(what, Element):
            raise BadElement(f"{type(what).__name__} is no element")
        is_it = wanted is None or (
            type(what) is wanted if self.strict_type else isinstance(what, wanted)
        )
        if not is_it:
            raise BadElement(f"this pile takes {wanted and wanted.kind}, not {what.kind}")
