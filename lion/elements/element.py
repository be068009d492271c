"""Look here if you want to know what an element is: something with an id, a time and metadata, and
how it is written as plain values and read again.

Rule: two elements are the same if their ids are, whatever else they hold.
Rule: what is read is bounded and checked, and of a class that was registered by its name.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, ClassVar, Final, Self, TypeVar
from uuid import UUID, uuid4

_CLASSES: Final[dict[str, type["Element"]]] = {}
_UNREADABLE: Final = (
    ArithmeticError, AttributeError, LookupError, TypeError, ValueError, RecursionError,
)  # fmt: skip
"""What comes of values that nobody wrote: a year before the first is an OverflowError."""
E = TypeVar("E", bound="Element")


class BadElement(ValueError):
    """What cannot be an element, a member or a place; the sentence tells why."""


class Element:
    """Anything that one can name, list and keep. Its fields besides are `fields()`.

    A class is registered under its own name, or `kind = "..."`, when it is made; a second one
    under a name is refused.
    """

    kind: ClassVar[str] = "Element"

    def __init_subclass__(cls, **words: Any) -> None:
        super().__init_subclass__(**words)
        cls.kind = cls.__dict__.get("kind", cls.__name__)
        _register(cls)

    def __init__(
        self,
        *,
        id: UUID | None = None,
        created_at: datetime | None = None,
        metadata: Mapping[str, Any] | None = None,
    ) -> None:
        """A new one, unless id and time (aware) say which. Raises BadElement for a time without a
        zone.
        """
        at = datetime.now(UTC) if created_at is None else created_at
        if at.tzinfo is None:
            raise BadElement(f"created_at is a time without a zone: {at.isoformat()}")
        self.id = uuid4() if id is None else id
        self.created_at = at.astimezone(UTC)
        self.metadata: dict[str, Any] = dict(metadata or {})

    def __eq__(self, other: object) -> bool:
        return self.id == other.id if isinstance(other, Element) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.id)

    def __repr__(self) -> str:
        return f"{self.kind}({self.id})"

    def fields(self) -> dict[str, Any]:
        """What it holds besides id, time and metadata, as plain values."""
        return {}

    @classmethod
    def build(cls, fields: Mapping[str, Any], **known: Any) -> Self:
        """One with these fields, as `fields()` gave them; `known` goes to __init__."""
        return cls(**known)

    def to_dict(self) -> dict[str, Any]:
        """It as plain values: JSON can hold them if metadata and fields can be."""
        return {
            "kind": self.kind,
            "id": str(self.id),
            "created_at": self.created_at.isoformat(),
            "metadata": self.metadata,
            **self.fields(),
        }


def _register(cls: type[Element]) -> None:
    known = _CLASSES.setdefault(cls.kind, cls)
    if known is not cls:
        raise BadElement(f"there is a class of elements {cls.kind!r} already: {known.__module__}")


_register(Element)


def from_dict(value: object) -> Element:
    """The element that `to_dict` wrote. Raises BadElement."""
    if not isinstance(value, Mapping):
        raise BadElement(f"{type(value).__name__} is no element; write what to_dict gives")
    kind = value.get("kind")
    cls = _CLASSES.get(kind) if isinstance(kind, str) else None
    if cls is None:
        known = ", ".join(sorted(_CLASSES))
        said = repr(kind)[:40]
        raise BadElement(f"no class of elements {said} is registered; there are {known}")
    try:
        known_fields: dict[str, Any] = {
            "id": UUID(value["id"]),
            "created_at": datetime.fromisoformat(value["created_at"]),
            "metadata": dict(value["metadata"]),
        }
        rest = {name: one for name, one in value.items() if name not in ("kind", *known_fields)}
        return cls.build(rest, **known_fields)
    except BadElement:
        raise
    except _UNREADABLE as exc:
        why = f"{type(exc).__name__} {exc}"[:200]
        raise BadElement(f"this is no {kind} as it is written: {why}") from exc


def read_as(cls: type[E], value: object) -> E:
    """The element that `to_dict` wrote, if it is one of these. Raises BadElement."""
    found = from_dict(value)
    if not isinstance(found, cls):
        raise BadElement(f"here belongs a {cls.kind}, and there is a {found.kind}")
    return found


def id_of(what: "UUID | str | Element") -> UUID:
    """The id of an element, or one that is written. Raises BadElement."""
    match what:
        case Element():
            return what.id
        case UUID():
            return what
        case str():
            try:
                return UUID(what)
            except ValueError:
                raise BadElement(f"{what[:40]!r} is no id; write a UUID") from None
    raise BadElement(f"{type(what).__name__} has no id")
