"""Look here if you want to know how many memories one instance of a component has, as far as its
bytes say.

Source: the component model's binary format: only what makes modules,
components and instances of them is read, the rest is stepped over.

Rule: nothing relies on the number being right. wasmtime lets an instance make so many memories and
no more, each with that share of the limit (component.py): a wrong number refuses an instance, or
gives its memories less, but the sum stays.
"""

from collections.abc import Callable
from typing import Final

MOST: Final = 1_000
"""Counting stops here."""
_CORE, _MODULE, _VALUE, _TYPE, _COMPONENT = 0x00, 0x11, 0x02, 0x03, 0x04
_CORE_SECTION_MEMORY = 5


class _Reader:
    def __init__(self, data: bytes, at: int, end: int) -> None:
        self.data, self.at, self.end = data, at, end

    def byte(self) -> int:
        self.at += 1
        return self.data[self.at - 1]

    def number(self) -> int:
        value = shift = 0
        while True:
            byte = self.byte()
            value |= (byte & 0x7F) << shift
            if byte < 0x80 or shift > 28:
                return value
            shift += 7

    def name(self) -> None:
        # Not in one line: `+=` reads the place before `number` moves it.
        length = self.number()
        self.at += length

    def extern_name(self) -> None:
        if self.byte() > 0x01:
            raise ValueError("a name of a form that is not known")
        self.name()

    def sort(self) -> int:
        """A sort: that of a core module, or a component's own."""
        kind = self.byte()
        return self.byte() if kind == _CORE else kind


class _Component:
    """What one component, as far as it was read, has defined: memories by index."""

    def __init__(self, outer: "_Component | None") -> None:
        self.outer = outer
        self.known: dict[int, list[int]] = {_MODULE: [], _COMPONENT: []}
        self.memories = 0

    def add(self, sort: int, memories: int) -> None:
        if sort in self.known:
            self.known[sort].append(memories)

    def most(self, sort: int) -> int:
        """For what comes from elsewhere: the most that is known."""
        return max(self.known.get(sort, ()), default=1)

    def make(self, sort: int, index: int) -> None:
        """An instance of a module or component was made."""
        self.memories = min(MOST, self.memories + self.known[sort][index])


def _core_module(reader: _Reader) -> int:
    """Memories that a core module defines."""
    reader.at += 8
    while reader.at < reader.end:
        kind, size = reader.byte(), reader.number()
        if kind == _CORE_SECTION_MEMORY:
            return reader.number()
        reader.at += size
    return 0


def _instances(reader: _Reader, here: _Component, made: int) -> None:
    for _ in range(reader.number()):
        is_core = made == _MODULE
        if reader.byte() == 0x00:
            here.make(made, reader.number())
            for _ in range(reader.number()):
                reader.name()
                reader.sort()
                reader.number()
        else:
            for _ in range(reader.number()):
                reader.name() if is_core else reader.extern_name()
                reader.byte() if is_core else reader.sort()
                reader.number()


def _core_instances(reader: _Reader, here: _Component) -> None:
    _instances(reader, here, _MODULE)


def _component_instances(reader: _Reader, here: _Component) -> None:
    _instances(reader, here, _COMPONENT)


def _aliases(reader: _Reader, here: _Component) -> None:
    for _ in range(reader.number()):
        sort, target = reader.sort(), reader.byte()
        if target != 0x02:
            reader.number()
            reader.name()
            here.add(sort, here.most(sort))
            continue
        level, index = reader.number(), reader.number()
        outer: _Component | None = here
        for _ in range(level):
            outer = outer.outer if outer else None
        if outer and sort in outer.known:
            here.add(sort, outer.known[sort][index])


def _imports(reader: _Reader, here: _Component) -> None:
    for _ in range(reader.number()):
        reader.extern_name()
        here.add(_described(reader), 1)


def _described(reader: _Reader) -> int:
    """Step over an `externdesc`; the sort it describes."""
    sort = reader.sort()
    if sort == _VALUE:
        raise ValueError("values are not counted")
    is_fresh_type = sort == _TYPE and reader.byte() == 0x01
    if not is_fresh_type:
        reader.number()
    return sort


def _exports(reader: _Reader, here: _Component) -> None:
    """An export is a new index of what it names."""
    for _ in range(reader.number()):
        reader.extern_name()
        sort, index = reader.sort(), reader.number()
        if sort in here.known:
            here.add(sort, here.known[sort][index])
        if reader.byte() == 0x01:
            _described(reader)


_SECTIONS: dict[int, Callable[[_Reader, _Component], None]] = {
    2: _core_instances,
    5: _component_instances,
    6: _aliases,
    10: _imports,
    11: _exports,
}


def _component(reader: _Reader, outer: _Component | None) -> int:
    here = _Component(outer)
    reader.at += 8
    while reader.at < reader.end:
        kind, size = reader.byte(), reader.number()
        section = _Reader(reader.data, reader.at, reader.at + size)
        reader.at += size
        if kind == 1:
            here.add(_MODULE, _core_module(section))
        elif kind == 4:
            here.add(_COMPONENT, _component(section, here))
        elif kind in _SECTIONS:
            _SECTIONS[kind](section, here)
    return here.memories


def count_memories(data: bytes) -> int:
    """Memories of one instance, at least 1; at most MOST. `data` is a valid component; what is not
    understood of it counts as little as possible.
    """
    try:
        return max(1, _component(_Reader(data, 0, len(data)), None))
    except (IndexError, ValueError, RecursionError):
        return 1
