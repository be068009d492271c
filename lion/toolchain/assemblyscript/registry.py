"""Look here if you want to know which module defines which type, and how a type is written.

Rule: a type is found by its shape, so an interface that uses another's type, or declares one of
the same shape, has the class of the first.
"""

from typing import NamedTuple, assert_never

from lion.domain.wit import (
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
from lion.errors import GuestError
from lion.toolchain.assemblyscript.docs import Docs
from lion.toolchain.assemblyscript.names import camel, is_named, pascal, type_name
from lion.toolchain.assemblyscript.text import Module
from lion.wasm.worlds import Interface, World

LIBRARY = "lion-as"
MAX_TUPLE = 8
WORLD_TYPES = "root:component/world-types"
"""The interface that stands for the types a world has of its own."""

_PRIMS = {
    "bool": "bool", "s8": "i8", "u8": "u8", "s16": "i16", "u16": "u16", "s32": "i32", "u32": "u32",
    "s64": "i64", "u64": "u64", "f32": "f32", "f64": "f64", "char": "u32", "string": "string",
}  # fmt: skip
_U8 = Prim("u8")


class Named(NamedTuple):
    """A class or enum: the module that defines it, its WIT name, what it is called there."""

    module: str
    wit: str
    name: str


class Registry:
    """Modules of interfaces, owners of types and resources."""

    def __init__(self, world: World, docs: Docs) -> None:
        self.world, self.docs = world, docs
        self.modules = _module_names(world)
        self.types: dict[WitType, Named] = {}
        self.resources: dict[str, Named] = {}
        # The host's first: their classes are the library's, whoever else has the same shape.
        for interface in sorted(
            (*world.imports, *world.exports), key=lambda i: not is_of_the_host(i)
        ):
            self._learn(interface)

    def _learn(self, interface: Interface) -> None:
        module = self.modules[interface.name]
        for name, t in interface.types:
            if is_named(t):
                self.types.setdefault(t, Named(module, name, type_name(name)))
        for name, full in interface.resources:
            if full.startswith("export "):
                raise GuestError(
                    f"the resource {name!r} is exported by {interface.name!r}; lion's "
                    "AssemblyScript bindings hold resources of others and cannot offer their own",
                    ending="world",
                    hint="export functions that take and return records or numbers instead",
                )
            self.resources.setdefault(full, Named(module, name, type_name(name)))

    def refer(self, named: Named, module: Module) -> str:
        """What a class is called in a module, imported there if it is another's."""
        if named.module == module.name:
            return named.name
        return module.use(f"./{named.module}", named.name, pascal(named.module))

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

    def _named(self, t: WitType) -> Named:
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
    """File names without ending, by interface: its own name, with the package's where two share
    it. lion's own always have the short one.
    """
    found: dict[str, str] = {"": "world", WORLD_TYPES: "world"}
    taken = {"world", "entry", "canonical", "abort"}
    names = list(dict.fromkeys(i.name for i in (*world.imports, *world.exports)))
    rest = [n for n in names if n not in found]
    for full in sorted(rest, key=lambda n: not n.startswith("lion:host/")):
        package, _, interface = full.partition("/")
        short, _, version = interface.partition("@")
        package = package.rpartition(":")[2]
        many = sum(_short(other) == short for other in rest) > 1
        candidates = [short, f"{package}-{short}", f"{package}-{short}-{version}"]
        if many and not full.startswith("lion:host/"):
            candidates = candidates[1:]
        name = next((c for c in candidates if c not in taken), full)
        taken.add(name)
        found[full] = name
    return found


def is_of_the_host(interface: Interface) -> bool:
    """Whether it is one that lion lends in this version, which the library has bindings for."""
    return interface.name.startswith("lion:host/") and interface.name.endswith("@0.1.0")


def _short(full: str) -> str:
    return full.rpartition("/")[2].partition("@")[0]


def space_name(module: str) -> str:
    """What a module of the author's is called where it is imported whole."""
    return f"author_{camel(module)}"
