"""Look here if you want to know which module defines which type, and how a type is written.

Rule: a type is found by its shape, so an interface that uses another's type, or declares one of
the same shape, has the class of the first.
"""

import re
from typing import NamedTuple, assert_never

from lion.errors import GuestError
from lion.toolchain.assemblyscript.docs import Docs
from lion.toolchain.assemblyscript.names import is_named, pascal, type_name
from lion.toolchain.assemblyscript.text import Module
from lion.values.wit import (
    EnumOf,
    FlagsOf,
    Handle,
    ListOf,
    OptionOf,
    Prim,
    RecordOf,
    ResultOf,
    TupleOf,
    VariantOf,
    WitType,
    render,
)
from lion.wasm.worlds import OWN, Interface, World

LIBRARY = "lion-as"
MAX_TUPLE = 8
WORLD_TYPES = "root:component/world-types"
"""The interface that stands for the types a world has of its own."""

_PRIMS = {
    "bool": "bool", "s8": "i8", "u8": "u8", "s16": "i16", "u16": "u16", "s32": "i32", "u32": "u32",
    "s64": "i64", "u64": "u64", "f32": "f32", "f64": "f64", "char": "u32", "string": "string",
}  # fmt: skip
_U8 = Prim("u8")


class NamedType(NamedTuple):
    """A class or enum: the module that defines it, its WIT name, what it is called there. An
    authors' class is in the module beside the bindings; `held` is where the bindings hold its
    objects.
    """

    module: str
    wit: str
    name: str
    held: str = ""

    @property
    def path(self) -> str:
        """What other modules of the bindings import it from."""
        return f"../{self.module}" if self.held else f"./{self.module}"


class Registry:
    """Modules of interfaces, owners of types and resources."""

    def __init__(self, world: World, docs: Docs) -> None:
        self.world, self.docs = world, docs
        self.modules = _module_names(world)
        self.types: dict[WitType, NamedType] = {}
        self.resources: dict[str, NamedType] = {}
        self.tags: dict[tuple[str, str], str] = {}
        """What the enum of a variant's cases is called, by module and the variant's WIT name."""
        # The host's first: their classes are the library's, whoever else has the same shape.
        found = [(i, self.modules[i.name]) for i in world.imports]
        found += [(i, self.type_module(i)) for i in world.exports]
        for interface, module in sorted(found, key=lambda f: not is_of_the_host(f[0])):
            self._learn(interface, module)
        self._name_tags(found)

    def type_module(self, interface: Interface) -> str:
        """The module for the types of an exported interface: if it is imported too, its types are
        others as soon as they hold its resources, which then are the author's; and two that are
        written in the world may have one name and nothing else in common.
        """
        module = self.modules[interface.name]
        other = next((i for i in self.world.imports if i.name == interface.name), None)
        if other is None or not (owned(interface) or dict(interface.types) != dict(other.types)):
            return module
        return self._beside(module, "exported")

    def _beside(self, module: str, what: str) -> str:
        """The name of a module that belongs to another and is nobody's."""
        name = f"{module}-{what}"
        while name in self.modules.values():
            name += f"-{what}"
        return name

    def _learn(self, interface: Interface, module: str) -> None:
        for name, t in interface.types:
            if is_named(t):
                self.types.setdefault(t, NamedType(module, name, type_name(name)))
        for name, full in interface.resources:
            if not full.startswith(OWN):
                self.resources.setdefault(full, NamedType(module, name, type_name(name)))
        author = self.modules[interface.name]
        for name in owned(interface):
            held = self._beside(author, "resources")
            full = f"{OWN}{interface.name}.{name}"
            self.resources[full] = NamedType(author, name, type_name(name), held)

    def _name_tags(self, found: list[tuple[Interface, str]]) -> None:
        for module in dict.fromkeys(module for _, module in found):
            here = [i for i, other in found if other == module]
            taken = {type_name(n) for i in here for n, _ in (*i.types, *i.resources)}
            for name in dict.fromkeys(n for i in here for n, t in i.types if is_variant(t)):
                tag = f"{type_name(name).rstrip('_')}Tag"
                while tag in taken:
                    tag += "_"
                taken.add(tag)
                self.tags[module, name] = tag

    def tag_of(self, t: VariantOf) -> str:
        """What the enum of a variant's cases is called."""
        named = self._named(t)
        return self.tags[named.module, named.wit]

    def refer(self, named: NamedType, module: Module) -> str:
        """What a class is called in a module, imported there if it is another's."""
        if named.path == module.path:
            return named.name
        return module.use(named.path, named.name, pascal(named.module))

    def is_own(self, t: Handle) -> bool:
        """Whether it is a resource that the component makes itself."""
        return bool(self.resources[t.resource].held)

    def type_text(self, t: WitType | None, module: Module) -> str:
        """How a type is written in a module."""
        match t:
            case None:
                return module.use(LIBRARY, "Unit")
            case Prim():
                return _PRIMS[t.name]
            case ListOf():
                if t.element == _U8:
                    return "Uint8Array"
                return f"Array<{self.type_text(t.element, module)}>"
            case TupleOf():
                return self._tuple(t, module)
            case RecordOf() | VariantOf() | EnumOf() | FlagsOf():
                return self.refer(self._named(t), module)
            case OptionOf():
                inner = self.type_text(t.inner, module)
                if is_reference(t.inner):
                    return f"{inner} | null"
                return f"{module.use(LIBRARY, 'Option')}<{inner}>"
            case ResultOf():
                parts = f"{self.type_text(t.ok, module)}, {self.type_text(t.err, module)}"
                return f"{module.use(LIBRARY, 'Result')}<{parts}>"
            case Handle():
                return self.refer(self.resources[t.resource], module)
            case _:
                assert_never(t)

    def _named(self, t: WitType) -> NamedType:
        found = self.types.get(t)
        if found is None:
            kind = type(t).__name__.removesuffix("Of").lower()
            raise GuestError(
                f"this component has no name for the {kind} {render(t):.80}",
                ending="world",
                hint="make the bindings from the WIT, by building its folder",
            )
        return found

    def _tuple(self, t: TupleOf, module: Module) -> str:
        if len(t.items) > MAX_TUPLE:
            raise GuestError(
                f"a tuple has {len(t.items)} parts; the bindings go up to {MAX_TUPLE}",
                ending="world",
                hint="make it a record",
            )
        name = module.use(LIBRARY, f"Tuple{len(t.items)}")
        return f"{name}<{', '.join(self.type_text(x, module) for x in t.items)}>"


def is_variant(t: WitType) -> bool:
    """Whether it has an enum of its cases beside its class."""
    return isinstance(t, VariantOf)


def is_reference(t: WitType) -> bool:
    """Whether `T | null` can say that there is none."""
    match t:
        case Prim():
            return t.name == "string"
        case EnumOf() | FlagsOf() | OptionOf():
            return False
        case _:
            return True


def _module_names(world: World) -> dict[str, str]:
    """File names without ending, by interface: its own name, with as much of its package's as
    tells it from others, also where files may not differ by case alone. lion's own always have
    the short one.
    """
    found: dict[str, str] = {"": "world", WORLD_TYPES: "world"}
    taken = {"world", "entry", "canonical", "abort", "index"}
    names = list(dict.fromkeys(i.name for i in (*world.imports, *world.exports)))
    rest = {n: _candidates(n) for n in names if n not in found}
    for full in sorted(rest, key=lambda n: not n.startswith("lion:host/")):
        for at, candidate in enumerate(rest[full]):
            alike = sum(other[at].lower() == candidate.lower() for other in rest.values())
            if candidate.lower() not in taken and (alike == 1 or full.startswith("lion:host/")):
                break
        else:
            candidate = _numbered(rest[full][-1], taken)
        taken.add(candidate.lower())
        found[full] = candidate
    return found


def _candidates(full: str) -> list[str]:
    """From short to long; an interface that stands in a world has only its own name."""
    package, _, last = full.rpartition("/")
    space, _, package = package.rpartition(":")
    interface, _, version = last.partition("@")
    whole = [[interface], [package, interface], [package, interface, version]]
    whole.append([space, package, interface, version])
    return ["-".join(filter(None, re.split(r"[^A-Za-z0-9]+", "-".join(w)))) for w in whole]


def _numbered(name: str, taken: set[str]) -> str:
    number = 2
    while f"{name}-{number}".lower() in taken:
        number += 1
    return f"{name}-{number}"


def owned(interface: Interface) -> list[str]:
    """The resources that an exported interface makes, by their names in WIT."""
    return [name for name, full in interface.resources if full == f"{OWN}{interface.name}.{name}"]


def is_of_the_host(interface: Interface) -> bool:
    """Whether it is one that lion lends in this version, which the library has bindings for."""
    return interface.name.startswith("lion:host/") and interface.name.endswith("@0.1.0")
