"""Look here if you want to know what a component's world looks like to a generator of bindings:
interfaces with their functions, their named types and their resources.
"""

import re
from typing import Final

import msgspec
from wasmtime.component import Component, ResourceType
from wasmtime.component import _types as w

from lion.errors import GuestError, OperatorError
from lion.values.wit import Function, WitType
from lion.wasm import reflect
from lion.wasm.compiler import compile_blocking
from lion.wasm.engine import build_engine

OWN: Final = "export "
"""What the full names of resources begin with that the component makes itself."""


class Interface(msgspec.Struct, frozen=True):
    """What one interface holds, in its own order; "" names what stands in the world itself.

    `types` are the named ones that are no resources. `resources` are names as they stand here,
    with the full name (`ns:package/interface@version.name`) of the resource each one is; OWN
    stands before it if the component makes it.
    """

    name: str
    functions: tuple[tuple[str, Function], ...] = ()
    types: tuple[tuple[str, WitType], ...] = ()
    resources: tuple[tuple[str, str], ...] = ()


class World(msgspec.Struct, frozen=True):
    imports: tuple[Interface, ...]
    exports: tuple[Interface, ...]


def reflect_world(data: bytes) -> World:
    """Read the world of a component, which may be an empty one made of WIT. Raises GuestError
    (ending="world") for what lion does not carry, OperatorError for what is no component.
    """
    engine = build_engine()
    try:
        code = compile_blocking(data, "the world").code
    except OperatorError as exc:
        raise _not_carried(exc.what) from exc
    component = Component.deserialize(engine, code)
    resources = reflect.name_resources(component, engine, versions=True)
    imports, exports = component.type.imports(engine), component.type.exports(engine)
    for interface, items in reflect.interfaces(exports, engine):
        for name, item in items.items():
            if isinstance(item, ResourceType):
                resources.add(item, f"{OWN}{interface}.{name}")

    def read(found: dict[str, w.ComponentExtern]) -> tuple[Interface, ...]:
        each = reflect.interfaces(found, engine)
        return tuple(_interface(name, items, resources) for name, items in each)

    return World(read(imports), read(exports))


def _not_carried(what: str) -> GuestError:
    """Why wasmtime does not take the world: what waits (`async func`, `stream`, `future`) is named
    as the author wrote it, everything else as wasmtime says it.
    """
    if "component model async feature" not in what:
        return GuestError(f"this wasmtime does not: {what}", ending="world")
    named = re.search(r"`([\w-]+)`", what)
    return GuestError(
        f"it uses `{named[1] if named else 'async func'}`, which lion does not carry",
        ending="world",
        hint="use plain functions and lists; lion waits without blocking the host",
        item=named[1] if named else "async",
    )


def _interface(name: str, items: dict[str, object], resources: reflect.Resources) -> Interface:
    functions, types, kinds = [], [], []
    for item_name, item in items.items():
        try:
            if isinstance(item, w.FuncType):
                functions.append((item_name, reflect.function(item, resources)))
            elif isinstance(item, ResourceType):
                kinds.append((item_name, resources.name(item)))
            else:
                types.append((item_name, reflect.convert(item, resources)))
        except GuestError as exc:
            where = f"{name}.{item_name}" if name else item_name
            raise GuestError(f"{where}: {exc.what}", ending="world", hint=exc.hint) from exc
    return Interface(name, tuple(functions), tuple(types), tuple(kinds))
