"""Look here if you want to know how a component's types are read: wasmtime's reflection turned
into domain types.
"""

from collections.abc import Iterator
from typing import Any

from wasmtime import Engine
from wasmtime import _bindings as _b
from wasmtime.component import Component
from wasmtime.component import _types as w
from wasmtime.component._resource_type import ResourceType

from lion.errors import GuestError
from lion.values.wit import (
    EnumOf,
    FlagsOf,
    Function,
    Handle,
    ListOf,
    OptionOf,
    Prim,
    RecordOf,
    ResultOf,
    TupleOf,
    VariantOf,
    WitType,
)
from lion.wasm import capi

_PRIMITIVES = {
    w.Bool: "bool", w.S8: "s8", w.U8: "u8", w.S16: "s16", w.U16: "u16", w.S32: "s32", w.U32: "u32",
    w.S64: "s64", w.U64: "u64", w.F32: "f32", w.F64: "f64", w.Char: "char", w.String: "string",
}  # fmt: skip
UNKNOWN = "?"
"""The name of a resource that nobody has."""
MAX_DEPTH = 32
"""Types nested deeper than this are refused: nobody writes them by hand."""
MOST_TYPES = 100_000
"""Types of one component, each counted as often as it is written out: a few hundred bytes can name
a type that is written out a million times. All of WASI has some thousand.
"""


MOST_ITEMS = 2_000
"""What a component imports and exports, its interfaces' items included: wasmtime finds the n-th
item of a list in n steps, so reading them all costs the square. All of WASI has some hundred.
"""


def check_extent(component: Component, engine: Engine) -> None:
    """Raise GuestError(ending="world") for a component with more items than MOST_ITEMS, before
    any list is read that is longer.
    """
    whole, at = component.type, engine.ptr()
    total = int(_b.wasmtime_component_type_import_count(whole.ptr(), at))
    total += int(_b.wasmtime_component_type_export_count(whole.ptr(), at))
    _check_items(total)
    for items in (whole.imports(engine), whole.exports(engine)):
        for item in items.values():
            kind = item.ty  # which holds what `ptr` points to
            if isinstance(kind, w.ComponentInstanceType):
                total += int(_b.wasmtime_component_instance_type_export_count(kind.ptr(), at))
                _check_items(total)


def _check_items(total: int) -> None:
    if total > MOST_ITEMS:
        raise GuestError(
            f"it imports and exports more than {MOST_ITEMS:,} functions and types",
            ending="world",
            hint="divide it into several components",
        )


class Resources:
    """Names for resource types: the one under which the interface that owns it was imported."""

    def __init__(self) -> None:
        self._known: list[tuple[ResourceType, str]] = []
        self._left = MOST_TYPES

    def count(self, types: int = 1) -> None:
        """Count what was read. Raises GuestError(ending="world") when it was too much."""
        self._left -= types
        if self._left < 0:
            raise GuestError(
                f"its types are more than {MOST_TYPES:,} when written out",
                ending="world",
                hint="give its functions simpler types",
            )

    def add(self, kind: ResourceType, name: str) -> None:
        self._known.append((kind, name))

    def name(self, kind: ResourceType) -> str:
        for known, name in self._known:
            self.count()
            if known == kind:
                return name
        return UNKNOWN


def convert(t: Any, resources: Resources, depth: int = 0) -> WitType:
    """Turn wasmtime's type into the domain's. Raises GuestError(ending="world") for what lion does
    not carry.
    """
    resources.count()
    if depth > MAX_DEPTH:
        raise GuestError(f"a type is nested deeper than {MAX_DEPTH}", ending="world")

    def inner(x: Any) -> WitType:
        return convert(x, resources, depth + 1)

    def maybe(x: Any) -> WitType | None:
        return None if x is None else inner(x)

    if type(t) in _PRIMITIVES:
        return Prim(_PRIMITIVES[type(t)])
    match t:
        case w.ListType():
            return ListOf(inner(t.element))
        case w.TupleType():
            return TupleOf(tuple(inner(x) for x in t.elements))
        case w.RecordType():
            return RecordOf(tuple((n, inner(x)) for n, x in t.fields))
        case w.VariantType():
            return VariantOf(tuple((n, maybe(x)) for n, x in t.cases))
        case w.EnumType():
            return EnumOf(tuple(t.names))
        case w.FlagsType():
            return FlagsOf(tuple(t.names))
        case w.OptionType():
            return OptionOf(inner(t.payload))
        case w.ResultType():
            return ResultOf(maybe(t.ok), maybe(t.err))
        case w.OwnType() | w.BorrowType():
            mode = "own" if isinstance(t, w.OwnType) else "borrow"
            return Handle(mode, resources.name(t.ty))
        case _:
            what = f"a function uses the type {type(t).__name__}, which lion does not carry"
            raise GuestError(what, ending="world")


def function(t: Any, resources: Resources) -> Function:
    """Turn a function type into the domain's."""
    if capi.is_async(t):
        raise GuestError(
            "a function is `async func`, which this wasmtime cannot carry",
            ending="world",
            hint="use plain functions; lion waits without blocking the host",
        )
    params = tuple((n, convert(x, resources)) for n, x in t.params)
    return Function(params, None if t.result is None else convert(t.result, resources))


def interfaces(items: Any, engine: Engine) -> Iterator[tuple[str, dict[str, Any]]]:
    """Names of imported or exported interfaces with their items; functions at the root are under
    the name "".
    """
    root = {name: item.ty for name, item in items.items() if isinstance(item.ty, w.FuncType)}
    if root:
        yield "", root
    for name, item in items.items():
        if isinstance(item.ty, w.ComponentInstanceType):
            yield name, {n: x.ty for n, x in item.ty.exports(engine).items()}
        elif not isinstance(item.ty, w.FuncType) and not _is_type(item.ty):
            raise GuestError(
                f"{name!r} is a {type(item.ty).__name__}, not an interface or a function",
                ending="world",
            )


def _is_type(item: Any) -> bool:
    return isinstance(item, (w.ValType, ResourceType))


def name_resources(component: Component, engine: Engine, *, versions: bool = False) -> Resources:
    """Find the resource types that a component imports, by interface (with its version if asked
    for) and name. Raises GuestError(ending="world") for one that no interface has.
    """
    check_extent(component, engine)
    resources = Resources()
    imports = component.type.imports(engine)
    for interface, items in interfaces(imports, engine):
        full = interface if versions else interface.split("@")[0]
        for name, item in items.items():
            if isinstance(item, ResourceType):
                resources.add(item, f"{full}.{name}")
    for name, item in imports.items():
        if isinstance(item.ty, ResourceType) and resources.name(item.ty) == UNKNOWN:
            raise GuestError(
                f"it imports {name}, a resource of the world itself, which lion does not offer",
                ending="world",
                hint="declare the resource in an interface",
                item=name,
            )
    return resources
