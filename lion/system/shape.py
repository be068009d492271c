"""Look here if you want to know how a Python annotation becomes a WIT type, and how values cross
in both directions.

    bool, str, int (s64), float (f64), U8 ... S64, F32      the primitives
    bytes                                                  types.packed, a string
    list[T], tuple[T, ...]; tuple[A, B]                     list; tuple
    T | None                                               option
    an Enum, a dataclass                                   enum, record, by their names

Rule: an annotation that has no WIT is refused when the plugin is loaded, with what to write.
Rule: what Python gives is checked strictly against its annotation; nothing is rounded or cut.
"""

import enum
import re
import types
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields, is_dataclass
from typing import Annotated, Any, Final, Union, get_args, get_origin, get_type_hints

import msgspec

from lion.domain.call import CallError
from lion.system.extension import Wit
from lion.system.scalars import SCALARS, NoFit
from lion.values.packed import pack, unpack
from lion.values.wit import (
    KEYWORDS,
    EnumOf,
    ListOf,
    OptionOf,
    Prim,
    RecordOf,
    TupleOf,
    WitType,
)

Convert = Callable[[Any], Any]


class BadShape(Exception):
    """An annotation that has no WIT; the sentence says why, and what to write."""


class Shape(msgspec.Struct, frozen=True):
    """A WIT type (`text` as its interface writes it) and how its values cross.

    `read` makes Python's value of the guest's (raises CallError("invalid")), `write` the guest's
    of Python's (raises NoFit).
    """

    type: WitType
    text: str
    read: Convert
    write: Convert


class Named(msgspec.Struct, frozen=True):
    """A record or an enum: the class it stands for, its members in WIT, its docs."""

    kind: type
    word: str
    members: tuple[str, ...]
    docs: str


class Shapes:
    """The types of one interface; `named` are those it has to declare, in order, `has_bytes` says
    that `types.packed` is among the others.
    """

    def __init__(self) -> None:
        self.named: dict[str, Named] = {}
        self.has_bytes = False
        self._open: list[type] = []

    def of(self, hint: Any) -> Shape:
        """The shape of an annotation. Raises BadShape."""
        origin, args = get_origin(hint), get_args(hint)
        if origin is Annotated:
            return self._annotated(hint)
        if hint in SCALARS:
            name, write = SCALARS[hint]
            return Shape(Prim(name), name, _same, write)
        if hint is bytes:
            self.has_bytes = True
            return Shape(Prim("string"), "packed", unpack, _packed)
        if origin in (Union, types.UnionType):
            return self._option(hint, args)
        if origin is list or (origin is tuple and args[1:] == (...,)):
            return self._list(self.of(args[0]), origin)
        if origin is tuple and args:
            return _tuple([self.of(arg) for arg in args])
        if isinstance(hint, type) and issubclass(hint, enum.Enum):
            return self._enum(hint)
        if isinstance(hint, type) and is_dataclass(hint):
            return self._record(hint)
        instead = _INSTEAD.get(origin or hint, _KNOWN)
        raise BadShape(f"{_shown(hint)} has no WIT; write {instead}")

    def _annotated(self, hint: Any) -> Shape:
        names = [one.name for one in hint.__metadata__ if isinstance(one, Wit)]
        if not names:
            return self.of(hint.__origin__)
        name = names[-1]
        if name not in SCALARS:
            raise BadShape(f"{name!r} is no number of WIT's")
        return Shape(Prim(name), name, _same, SCALARS[name][1])

    def _option(self, hint: Any, args: tuple[Any, ...]) -> Shape:
        inner = [arg for arg in args if arg is not type(None)]
        if len(inner) != 1 or len(args) != 2:
            raise BadShape(f"{_shown(hint)} has no WIT; write one type, or that | None")
        shape = self.of(inner[0])

        def read(value: Any) -> Any:
            return None if value is None else shape.read(value)

        def write(value: Any) -> Any:
            return None if value is None else shape.write(value)

        return Shape(OptionOf(shape.type), f"option<{shape.text}>", read, write)

    def _list(self, element: Shape, made: type) -> Shape:
        def read(value: Any) -> Any:
            return made(element.read(one) for one in value)

        def write(value: Any) -> Any:
            if not isinstance(value, list | tuple):
                raise NoFit("", f"{value!r:.60} is no {made.__name__}")
            return [_at(f"[{at}]", element.write, one) for at, one in enumerate(value)]

        return Shape(ListOf(element.type), f"list<{element.text}>", read, write)

    def _enum(self, kind: type[enum.Enum]) -> Shape:
        cases = {member: kebab(member.name) for member in kind}
        members = {case: member for member, case in cases.items()}
        if len(members) != len(cases) or not cases:
            raise BadShape(f"the members of {kind.__name__} do not differ in WIT's writing")
        name = self._declare(kind, "enum", tuple(members))

        def write(value: Any) -> Any:
            if type(value) is not kind:
                raise NoFit("", f"{value!r:.60} is no {kind.__name__}")
            return cases[value]

        return Shape(EnumOf(tuple(members)), name, members.__getitem__, write)

    def _record(self, kind: type) -> Shape:
        if kind in self._open:
            raise BadShape(f"{kind.__name__} holds itself, and no WIT type can")
        self._open.append(kind)
        hints = get_type_hints(kind, include_extras=True)
        shapes = {field.name: self.of(hints[field.name]) for field in fields(kind)}
        self._open.pop()
        names = {name: kebab(name) for name in shapes}
        check_different(names.values())
        written = tuple(f"{escaped(names[name])}: {one.text}" for name, one in shapes.items())
        if not shapes:
            raise BadShape(f"{kind.__name__} has no fields, and a record needs one")
        text = self._declare(kind, "record", written)
        record = RecordOf(tuple((names[name], one.type) for name, one in shapes.items()))
        read, write = _record_ways(kind, shapes, names)
        return Shape(record, text, read, write)

    def _declare(self, kind: type, word: str, members: tuple[str, ...]) -> str:
        name = kebab(kind.__name__)
        known = self.named.get(name)
        if (known is not None and known.kind is not kind) or name == "error":
            raise BadShape(f"another type is called {name!r} in WIT; rename {kind.__name__}")
        shown = members if word == "record" else tuple(map(escaped, members))
        self.named[name] = Named(kind, word, shown, _docs(kind))
        return escaped(name)


def _record_ways(
    kind: type, shapes: Mapping[str, Shape], names: Mapping[str, str]
) -> tuple[Convert, Convert]:
    def read(value: Any) -> Any:
        given = {name: shape.read(value[names[name]]) for name, shape in shapes.items()}
        try:
            return kind(**given)
        except ValueError as exc:  # the class's own check, in __post_init__
            raise CallError("invalid", str(exc)) from exc

    def write(value: Any) -> Any:
        if type(value) is not kind:
            raise NoFit("", f"{value!r:.60} is no {kind.__name__}")
        return {
            names[name]: _at(f".{name}", shape.write, getattr(value, name))
            for name, shape in shapes.items()
        }

    return read, write


def _tuple(items: list[Shape]) -> Shape:
    def read(value: Any) -> Any:
        return tuple(item.read(one) for item, one in zip(items, value, strict=True))

    def write(value: Any) -> Any:
        if type(value) is not tuple or len(value) != len(items):
            raise NoFit("", f"{value!r:.60} is no tuple of {len(items)}")
        return tuple(
            _at(f"[{at}]", item.write, one)
            for at, (item, one) in enumerate(zip(items, value, strict=True))
        )

    text = ", ".join(item.text for item in items)
    return Shape(TupleOf(tuple(i.type for i in items)), f"tuple<{text}>", read, write)


def kebab(name: str) -> str:
    """A Python name in WIT's writing: `find_all` and `FindAll` are `find-all`, `from_` is `from`.

    Raises BadShape.
    """
    name = name.removesuffix("_")
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "-", name)
    found = words.replace("_", "-").lower()
    if not re.fullmatch(r"[a-z][a-z0-9]*(?:-[a-z][a-z0-9]*)*", found) or len(found) > LONGEST:
        raise BadShape(f"{name!r} is no name in WIT: words of letters and digits, with _ between")
    return found


def check_different(names: Iterable[str]) -> None:
    """Raise BadShape if two of these names, in WIT's writing, are one."""
    twice = [name for name, times in Counter(names).items() if times > 1]
    if twice:
        raise BadShape(f"two of its names are {twice[0]!r} in WIT; rename one")


def escaped(name: str) -> str:
    """A name as WIT's text has it: a keyword is written with a %."""
    return f"%{name}" if name in KEYWORDS else name


def _at(where: str, write: Convert, value: Any) -> Any:
    try:
        return write(value)
    except NoFit as exc:
        raise NoFit(where + exc.where, exc.what) from None


def _same(value: Any) -> Any:
    return value


def _packed(value: Any) -> str:
    if type(value) is not bytes:
        raise NoFit("", f"{value!r:.60} is no bytes")
    return pack(value)


def _docs(kind: type) -> str:
    """The class's own docstring; a dataclass without one has its signature there."""
    text = kind.__doc__ or ""
    return "" if text.startswith(f"{kind.__name__}(") else text


def _shown(hint: Any) -> str:
    return hint.__name__ if isinstance(hint, type) and get_origin(hint) is None else str(hint)


LONGEST: Final = 64
"""Characters of a name."""
_KNOWN: Final = "bool, a number, str, bytes, a list, a tuple, an Enum, a dataclass, or one | None"
_INSTEAD: Final[Mapping[Any, str]] = {
    dict: "a list of tuples, or a dataclass",
    list: "list[T]",
    tuple: "tuple[A, B]",
    Any: "the type it is",
}
