"""Look here if you want to know what a log of events is: a pile to which one only adds."""

from typing import Any

from lion.elements.element import BadElement
from lion.elements.event import Event
from lion.elements.pile import Pile
from lion.elements.progression import Named


class Log(Pile[Event]):
    """Events as they came. None is taken out, and none is put in the place of another."""

    def __init__(self, items: Any = (), **known: Any) -> None:
        known.setdefault("item_type", Event)
        super().__init__(items, **known)

    def exclude(self, what: Named) -> bool:
        """Raises BadElement, always."""
        raise BadElement("nothing is taken out of a log")

    def update(self, what: Event) -> None:
        """Raises BadElement if it is there."""
        if not self.include(what):
            raise BadElement(f"{what.id} is in this log already")
