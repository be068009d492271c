"""Look here if you want to know what an order of things is, apart from the things: ids, one after
another. Several may order one pile.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Self, overload
from uuid import UUID

from lion.elements.element import BadElement, Element, id_of

Named = UUID | str | Element


class Progression(Element):
    """Ids in order; each at most once."""

    def __init__(self, order: Iterable[Named] = (), *, name: str = "", **known: Any) -> None:
        """Raises BadElement for an id that comes twice."""
        super().__init__(**known)
        self.name = name
        self._order: list[UUID] = []
        self._known: set[UUID] = set()
        for one in order:
            self.append(one)

    def __len__(self) -> int:
        return len(self._order)

    def __iter__(self) -> Iterator[UUID]:
        """As it is now, whatever changes meanwhile."""
        return iter(tuple(self._order))

    def __contains__(self, what: object) -> bool:
        if isinstance(what, Element):
            return what.id in self._known
        return what in self._known

    @overload
    def __getitem__(self, at: int) -> UUID: ...
    @overload
    def __getitem__(self, at: slice) -> "Progression": ...
    def __getitem__(self, at: int | slice) -> "UUID | Progression":
        return Progression(self._order[at]) if isinstance(at, slice) else self._order[at]

    def index(self, what: Named) -> int:
        """Where it stands. Raises BadElement."""
        found = self._member(what)
        return self._order.index(found)

    def append(self, what: Named) -> None:
        """Put it at the end. Raises BadElement if it is there already."""
        self.insert(len(self._order), what)

    def insert(self, at: int, what: Named) -> None:
        """Put it before position `at`. Raises BadElement if it is there already."""
        new = id_of(what)
        if new in self._known:
            raise BadElement(f"{new} is in this progression already")
        self._order.insert(at, new)
        self._known.add(new)

    def include(self, what: Named) -> bool:
        """Put it at the end unless it is there; whether it was not."""
        is_new = id_of(what) not in self._known
        if is_new:
            self.append(what)
        return is_new

    def exclude(self, what: Named) -> bool:
        """Take it out if it is there; whether it was."""
        old = id_of(what)
        if old not in self._known:
            return False
        self._order.remove(old)
        self._known.discard(old)
        return True

    def move(self, what: Named, to: int) -> None:
        """Let it stand at position `to`, the others keep their order. Raises BadElement."""
        old = self._member(what)
        if not 0 <= to < len(self._order):
            raise BadElement(f"there is no position {to}; there are {len(self._order)}")
        self._order.remove(old)
        self._order.insert(to, old)

    def swap(self, one: Named, other: Named) -> None:
        """Let two change places. Raises BadElement."""
        a, b = self.index(one), self.index(other)
        self._order[a], self._order[b] = self._order[b], self._order[a]

    def reverse(self) -> None:
        """Let the last be first."""
        self._order.reverse()

    def fields(self) -> dict[str, Any]:
        """Name and order."""
        return {"name": self.name, "order": [str(one) for one in self._order]}

    @classmethod
    def build(cls, fields: Mapping[str, Any], **known: Any) -> Self:
        """See Element.build."""
        return cls(fields["order"], name=str(fields["name"]), **known)

    def _member(self, what: Named) -> UUID:
        found = id_of(what)
        if found not in self._known:
            raise BadElement(f"{found} is not in this progression")
        return found
