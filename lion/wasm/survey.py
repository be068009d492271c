"""Look here if you want to know how all that a component imports is listed, also what lion does
not offer and would refuse.
"""

from collections.abc import Iterator
from typing import Any

from wasmtime import Engine
from wasmtime.component import Component, ResourceType
from wasmtime.component import _types as w

from lion.errors import GuestError
from lion.ports import ImportSeen
from lion.values.wit import render_function
from lion.wasm import reflect
from lion.wasm.exits import is_exit
from lion.wasm.offers import Offers

_KINDS = {
    w.FuncType: "function",
    ResourceType: "resource",
    w.ComponentInstanceType: "interface",
    w.ComponentType: "component",
    w.ModuleType: "module",
}


def survey_imports(component: Component, engine: Engine, offers: Offers) -> Iterator[ImportSeen]:
    """Everything a component imports, in its order; types in an interface ask for nothing."""
    reflect.check_extent(component, engine)
    resources = _resources(component, engine)
    for name, item in component.type.imports(engine).items():
        if not isinstance(item.ty, w.ComponentInstanceType):
            kind = _KINDS.get(type(item.ty), "type")
            if isinstance(item.ty, ResourceType) and resources.name(item.ty) != reflect.UNKNOWN:
                kind = "type"  # used of an interface
            if kind != "type":
                yield ImportSeen(interface="", name=name, kind=kind, is_offered=False)
            continue
        inner = {n: x.ty for n, x in item.ty.exports(engine).items()}
        asked = {n: t for n, t in inner.items() if isinstance(t, w.FuncType | ResourceType)}
        for each, one in asked.items():
            kind = _KINDS[type(one)]
            is_offered = _is_offered(name, each, one, resources, offers)
            yield ImportSeen(interface=name, name=each, kind=kind, is_offered=is_offered)
        if not asked:
            yield ImportSeen(interface=name, name="", kind="interface", is_offered=True)


def _resources(component: Component, engine: Engine) -> reflect.Resources:
    found = reflect.Resources()
    for name, item in component.type.imports(engine).items():
        if isinstance(item.ty, w.ComponentInstanceType):
            for each, inner in item.ty.exports(engine).items():
                if isinstance(inner.ty, ResourceType):
                    found.add(inner.ty, f"{name.split('@')[0]}.{each}")
    return found


def _is_offered(
    interface: str, name: str, item: Any, resources: reflect.Resources, offers: Offers
) -> bool:
    try:
        if is_exit(interface):
            return True
        if isinstance(item, ResourceType):
            if not offers.leaves_to_plugins(interface):
                offers.check_interface(interface)
            offers.check_resource(interface, name)
            return True
        kind = render_function(reflect.function(item, resources))
        if not offers.leaves_to_plugins(interface):
            offers.check_interface(interface)
            offers.check_function(interface, name, kind)
    except GuestError:
        return False
    return True
