"""Look here if you want to know how the entry file calls what the author exports."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from lion.errors import GuestError
from lion.toolchain.assemblyscript import layout
from lion.toolchain.assemblyscript.canonical import ABI, Canonical
from lion.toolchain.assemblyscript.flat import Lowering, lift
from lion.toolchain.assemblyscript.held import HOOK, Own
from lion.toolchain.assemblyscript.imports import member, signature
from lion.toolchain.assemblyscript.names import function_name, member_name, type_name, word
from lion.toolchain.assemblyscript.registry import NamedType, Registry, owned
from lion.toolchain.assemblyscript.text import Module, indent
from lion.values.wit import Function, Handle, WitType
from lion.wasm.worlds import OWN


class ExportedFunction(NamedTuple):
    """One export the author has to write: the author's module, the function there, its WIT name in
    the component, what asc exports it as, how it is to be written.

    `class_` is the author's class if it is a member of one; `kind` is what it is there: method,
    static or constructor.
    """

    author: str
    function: str
    wit: str
    core: str
    should: str
    type: Function
    class_: NamedType | None = None
    kind: str = ""


def exports_of(canonical: Canonical) -> tuple[list[ExportedFunction], dict[str, Module]]:
    """Everything a world exports, and the author's files by name, with what each has to import.

    Raises GuestError for a function that cannot be exported under its name.
    """
    found: list[ExportedFunction] = []
    authors: dict[str, Module] = {}
    for interface in canonical.registry.world.exports:
        author = _author(canonical.registry, interface.name)
        there = authors.setdefault(author, Module(author, "", f"../{author}"))
        there.own.update(type_name(name) for name in owned(interface))
        for name, function in interface.functions:
            if not interface.name and name == "memory":
                raise _no_memory()
            make = _function if member(name) is None else _member
            found.append(make(canonical, interface.name, name, function, there))
    return found, authors


def _author(registry: Registry, interface: str) -> str:
    """The author's file for an interface; index.ts has what stands in the world itself."""
    return registry.modules[interface] if interface else "index"


def _no_memory() -> GuestError:
    return GuestError(
        "memory: a component's core module has its memory under this name",
        ending="world",
        hint="call the function otherwise, or put it into an interface",
    )


def _function(
    canonical: Canonical, interface: str, name: str, function: Function, module: Module
) -> ExportedFunction:
    author = _author(canonical.registry, interface)
    full = f"{interface}#{name}" if interface else name
    own = function_name(name)
    prefix = f"{word(author)}_" if interface else ""
    should = f"export function {own}{signature(canonical, function, module)}"
    return ExportedFunction(author, own, full, f"{prefix}{own}", should, function)


def _member(
    canonical: Canonical, interface: str, name: str, function: Function, module: Module
) -> ExportedFunction:
    """A member of an author's class."""
    found = member(name)
    assert found is not None
    kind, wit, own = found
    class_ = canonical.registry.resources[f"{OWN}{interface}.{wit}"]
    own = _member_name(kind, own, function)
    params = function.params[1:] if kind == "method" else function.params
    text = signature(canonical, Function(params, function.result), module)
    head = f"{'' if kind == 'method' else 'static '}{own}{text}"
    if own == "constructor":
        head = own + signature(canonical, Function(params, None), module).removesuffix(": void")
    should = f"export class {class_.name} {{ {head} }}"
    core = f"{word(class_.module)}_{class_.name}${own}"
    return ExportedFunction(
        class_.module, own, f"{interface}#{name}", core, should, function, class_, kind
    )


def _member_name(kind: str, wit: str, function: Function) -> str:
    """What a member is called in the author's class. A constructor that may fail is a static
    function, `create`, for AssemblyScript has no exceptions.
    """
    if kind == "constructor" and isinstance(function.result, Handle):
        return "constructor"
    own = member_name(wit or "create")
    is_taken = own == HOOK or (kind == "static" and own == "create")
    return f"{own}_" if is_taken else own


def classes(exports: list[ExportedFunction], owns: Sequence[Own]) -> dict[tuple[str, str], str]:
    """How each class of the author's should be, by file and name, on one line."""
    found: dict[tuple[str, str], list[str]] = {(o.named.module, o.named.name): [] for o in owns}
    for export in exports:
        if export.class_ is not None:
            head = f"export class {export.class_.name} {{ "
            inner = export.should.removeprefix(head).removesuffix(" }")
            found[export.author, export.class_.name].append(f"{inner};")
    return {key: f"export class {key[1]} {{ {' '.join(parts)} }}" for key, parts in found.items()}


def core_names(exports: list[ExportedFunction]) -> dict[str, str]:
    """What asc's exports are to be called in the core module."""
    found = {}
    for export in exports:
        found[f"export_{export.core}"] = export.wit
        if needs_post(export.type):
            found[f"post_{export.core}"] = f"cabi_post_{export.wit}"
    return found


def needs_post(function: Function) -> bool:
    """Whether memory is to be given back after the host has read the result."""
    return len(layout.flatten(function.result)) > layout.MAX_FLAT_RESULTS


def wrap(canonical: Canonical, export: ExportedFunction, module: Module) -> Iterator[str]:
    """The function the host calls, and the one it calls when it has read the result."""
    types = [t for _, t in export.type.params]
    cores = layout.flatten_all(types)
    result = layout.flatten(export.type.result)
    answer = "void" if not result else result[0] if len(result) == 1 else "usize"
    if len(cores) > layout.MAX_FLAT_PARAMS:
        head, lines, values = "at: usize", *_spilled(canonical, types, module)
    else:
        head, lines, values = _flat(canonical, types, cores, module)
    yield f"// {export.author}.ts: {export.should}"
    yield f"export function export_{export.core}({head}): {answer} {{"
    call = _call(canonical, export, values, module)
    yield from indent([*lines, *_answer(canonical, export.type.result, call, types, module)])
    yield "}"
    if needs_post(export.type):
        yield f"export function post_{export.core}(at: usize): void {{"
        yield "  abi.releaseAll();"
        yield "}"


def _call(
    canonical: Canonical, export: ExportedFunction, values: list[str], module: Module
) -> str:
    """The expression that calls the author."""
    if export.kind == "method":
        return f"{values[0]}.{export.function}({', '.join(values[1:])})"
    given = ", ".join(values)
    if export.class_ is None:
        name = f"author_{word(export.author)}"
        space = module.use_space(f"../{export.author}", name)
        return f"{space}.{export.function}({given})"
    class_ = canonical.registry.refer(export.class_, module)
    if export.function == "constructor":
        return f"new {class_}({given})"
    return f"{class_}.{export.function}({given})"


def _flat(
    canonical: Canonical, types: list[WitType], cores: tuple[str, ...], module: Module
) -> tuple[str, list[str], list[str]]:
    head = ", ".join(f"c{at}: {core}" for at, core in enumerate(cores))
    values, at = [], 0
    for t in types:
        count = len(layout.flatten(t))
        values.append(lift(canonical, t, [f"c{n}" for n in range(at, at + count)], module))
        at += count
    return head, [], values


def _spilled(
    canonical: Canonical, types: list[WitType], module: Module
) -> tuple[list[str], list[str]]:
    """More parameters than core functions may have lie in memory that is ours to give back."""
    places, size, _ = layout.offsets(types)
    lines, names = [], []
    for number, (t, place) in enumerate(zip(types, places, strict=True)):
        at = f"at + {place}" if place else "at"
        lines.append(f"const p{number} = {canonical.function('get', t, module)}({at});")
        names.append(f"p{number}")
    return [*lines, f"abi.free(at, {size});"], names


def _answer(
    canonical: Canonical, t: WitType | None, call: str, params: list[WitType], module: Module
) -> Iterator[str]:
    module.use_space(ABI, "abi")
    is_lent = any(_has_borrow(t, canonical.registry) for t in params)
    back = ["abi.returnLent();"] if is_lent else []
    if t is None:
        yield from [f"{call};", *back]
        return
    yield f"const answer = {call};"
    yield from back
    if len(layout.flatten(t)) > layout.MAX_FLAT_RESULTS:
        size, alignment = layout.size_and_alignment(t)
        yield f"const to = abi.take({size}, {alignment});"
        yield f"{canonical.function('put', t, module)}(to, answer);"
        yield "return to;"
        return
    statements, cores = Lowering(canonical, module).lower(t, "answer")
    yield from statements
    if cores:
        yield f"return {cores[0]};"


def _has_borrow(t: object, registry: Registry) -> bool:
    """Whether a resource of somebody else's that is borrowed is anywhere in a type."""
    if isinstance(t, Handle):
        return t.mode == "borrow" and not registry.is_own(t)
    if isinstance(t, tuple):
        return any(_has_borrow(x, registry) for x in t)
    fields = getattr(t, "__struct_fields__", ())
    return any(_has_borrow(getattr(t, f), registry) for f in fields)
