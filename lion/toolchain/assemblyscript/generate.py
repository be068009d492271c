"""Look here if you want to know how a world becomes AssemblyScript modules.

Rule: the text depends on the world alone, so the same world gives the same bytes.
Rule: imports of lion:host are the library's (`lion-as/host`), so what it is built of and what the
author has are the same classes.
"""

from typing import NamedTuple

from lion.toolchain.assemblyscript import exports, held, imports
from lion.toolchain.assemblyscript.abort import abort_module
from lion.toolchain.assemblyscript.canonical import Canonical
from lion.toolchain.assemblyscript.crossing import WRITERS
from lion.toolchain.assemblyscript.docs import Docs, comment
from lion.toolchain.assemblyscript.names import function_name, is_named, type_name
from lion.toolchain.assemblyscript.registry import (
    LIBRARY,
    WORLD_TYPES,
    Registry,
    is_of_the_host,
    is_variant,
)
from lion.toolchain.assemblyscript.text import Module
from lion.toolchain.assemblyscript.types import define
from lion.values.wit import EnumOf, FlagsOf, RecordOf, VariantOf
from lion.wasm.worlds import Interface, World, reflect_world


class Bindings(NamedTuple):
    """Generated files by name, what the author has to export, what asc's exports are to be called
    in the component, how the classes should be that the author writes, by file and name, and what
    each of the author's files imports to write all that.
    """

    files: dict[str, str]
    exports: list[exports.ExportedFunction]
    core_names: dict[str, str]
    classes: dict[tuple[str, str], str]
    imports: dict[str, list[str]]


def generate(component: bytes, docs: Docs | None = None) -> dict[str, str]:
    """AssemblyScript modules for the world of a component, which may be an empty one: text by file
    name. `docs` are the comments of its WIT (docs.read_docs).

    Raises GuestError(ending="world") for what the bindings cannot carry.
    """
    return generate_bindings(component, docs).files


def generate_library(world: World, docs: Docs) -> dict[str, str]:
    """The modules of the interfaces a world imports, in full: what `lion-as/host` holds."""
    canonical = _canonical(world, docs)
    files = _files(canonical, in_full=True)
    return {**files, "canonical.ts": canonical.text()}


def generate_bindings(component: bytes, docs: Docs | None = None) -> Bindings:
    """The same, with what a build needs to know besides."""
    canonical = _canonical(reflect_world(component), docs or {})
    registry = canonical.registry
    files = _files(canonical, in_full=False)
    entry = Module("entry", "What the host calls: each export lifts, calls the author, lowers.")
    found, authors = exports.exports_of(canonical)
    entry.own.update(f"export_{e.core}" for e in found)
    entry.add(['import "./abort";', 'export { cabi_realloc } from "lion-as/abi";'])
    for export in found:
        entry.add(exports.wrap(canonical, export, entry))
    owns = list(held.own_resources(registry))
    entry.own.update(own.core for own in owns)
    for own in owns:
        entry.add(held.drop_function(own, entry))
    files |= {f"{module.name}.ts": module.text() for module in held.held_modules(registry)}
    files["entry.ts"] = entry.text()
    files["abort.ts"] = abort_module(registry.world)
    files["canonical.ts"] = canonical.text()
    names = exports.core_names(found) | {own.core: own.wit for own in owns}
    classes = exports.classes(found, owns)
    needed = {name: module.import_lines("./bindings") for name, module in authors.items()}
    return Bindings(dict(sorted(files.items())), found, names, classes, needed)


def _canonical(world: World, docs: Docs) -> Canonical:
    canonical = Canonical(Registry(world, docs))
    canonical.writers = WRITERS
    return canonical


def _files(canonical: Canonical, *, in_full: bool) -> dict[str, str]:
    modules = _modules(canonical.registry, canonical, in_full=in_full)
    kept = {name: m for name, m in modules.items() if m.parts or m.has_imports}
    return {f"{name}.ts": module.text() for name, module in kept.items()}


def _modules(registry: Registry, canonical: Canonical, *, in_full: bool) -> dict[str, Module]:
    modules: dict[str, Module] = {}
    world = registry.world
    places = [(i, registry.modules[i.name]) for i in world.imports]
    places += [(i, registry.type_module(i)) for i in world.exports]
    for interface, name in places:
        if name not in modules:
            modules[name] = Module(name, _about(interface))
        _names_first(interface, modules[name], registry)
    for interface, name in places[: len(world.imports)]:
        if not in_full and is_of_the_host(interface):
            modules[name].add([f'export * from "{LIBRARY}/host/{name}";'])
        else:
            _fill(interface, modules[name], registry, canonical)
    imported = {registry.modules[i.name] for i in world.imports}
    for interface, name in places[len(world.imports) :]:
        if name not in imported:
            _define_types(interface, modules[name], registry)
    return modules


def _about(interface: Interface) -> str:
    if interface.name in ("", WORLD_TYPES):
        return "What stands in the world itself."
    return f"The interface {interface.name}."


def _names_first(interface: Interface, module: Module, registry: Registry) -> None:
    """What a module defines is taken before it imports anything."""
    for name, t in interface.types:
        if is_named(t) and registry.types[t].module == module.name:
            module.own.add(type_name(name))
            if is_variant(t):
                module.own.add(registry.tags[module.name, name])
    for name, full in interface.resources:
        if registry.resources[full].path == module.path:
            module.own.add(type_name(name))
    module.own.update(function_name(n) for n, _ in interface.functions)


def _fill(interface: Interface, module: Module, registry: Registry, canonical: Canonical) -> None:
    _define_types(interface, module, registry)
    items = [imports.ImportedFunction(interface.name, n, f) for n, f in interface.functions]
    for item in items:
        module.add(imports.declare(item))
    for wit, full in interface.resources:
        named = registry.resources[full]
        if (named.module, named.wit) == (module.name, wit):
            own = [i for i in items if (imports.member(i.name) or ("", ""))[1] == wit]
            module.add(
                imports.resource_class(canonical, interface.name, named.name, wit, own, module)
            )
        else:
            module.add(_again(named.module, named.name, type_name(wit), module))
    for item in items:
        if imports.member(item.name) is None:
            about = comment(registry.docs, interface.name, item.name)
            module.add([*about, *imports.wrap(canonical, item, module)])


def _define_types(interface: Interface, module: Module, registry: Registry) -> None:
    for name, t in interface.types:
        if not is_named(t):
            continue
        assert isinstance(t, (RecordOf, VariantOf, EnumOf, FlagsOf))
        named = registry.types[t]
        if (named.module, named.wit) == (module.name, name):
            about = comment(registry.docs, interface.name, name)
            module.add([*about, *define(t, named.name, registry, module)])
        else:
            module.add(_again(named.module, named.name, type_name(name), module))
            if isinstance(t, VariantOf):
                tag = registry.tags[module.name, name]
                module.add(_again(named.module, registry.tag_of(t), tag, module))


def _again(owner: str, name: str, here: str, module: Module) -> list[str]:
    """What another module, or another name, defines: a class, or an enum with its cases."""
    alias = name if name == here else f"{name} as {here}"
    where = "" if owner == module.name else f' from "./{owner}"'
    return [f"export {{ {alias} }}{where};"]
