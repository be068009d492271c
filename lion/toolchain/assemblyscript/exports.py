"""Look here if you want to know how the entry file calls what the author exports."""

from collections.abc import Iterator
from typing import NamedTuple

from lion.domain.wit import Function, Handle, WitType
from lion.toolchain.assemblyscript import layout
from lion.toolchain.assemblyscript.canonical import ABI, Canonical
from lion.toolchain.assemblyscript.flat import Lowering, lift
from lion.toolchain.assemblyscript.imports import signature
from lion.toolchain.assemblyscript.names import value_name
from lion.toolchain.assemblyscript.text import Module, indent


class Export(NamedTuple):
    """One export the author has to write: the author's module, the function there, its WIT name in
    the component, what asc exports it as, how it is to be written.
    """

    author: str
    function: str
    wit: str
    core: str
    should: str
    type: Function


def exports_of(canonical: Canonical, module: Module) -> list[Export]:
    """Everything a world exports."""
    found = []
    for interface in canonical.registry.world.exports:
        author = canonical.registry.modules[interface.name] if interface.name else "index"
        for name, function in interface.functions:
            full = f"{interface.name}#{name}" if interface.name else name
            own = value_name(name)
            prefix = f"{author.replace('-', '_')}_" if interface.name else ""
            text = signature(canonical, function, module)
            should = f"export function {own}{text}"
            found.append(Export(author, own, full, f"{prefix}{own}", should, function))
    return found


def core_names(exports: list[Export]) -> dict[str, str]:
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


def wrap(canonical: Canonical, export: Export, module: Module) -> Iterator[str]:
    """The function the host calls, and the one it calls when it has read the result."""
    space = module.use_space(f"../{export.author}", f"author_{export.author.replace('-', '_')}")
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
    call = f"{space}.{export.function}({', '.join(values)})"
    yield from indent([*lines, *_answer(canonical, export.type.result, call, types, module)])
    yield "}"
    if needs_post(export.type):
        yield f"export function post_{export.core}(at: usize): void {{"
        yield "  abi.releaseAll();"
        yield "}"


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
    back = ["abi.returnLent();"] if any(map(_has_borrow, params)) else []
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


def _has_borrow(t: object) -> bool:
    """Whether a borrowed resource is anywhere in a type."""
    if isinstance(t, Handle):
        return t.mode == "borrow"
    if isinstance(t, tuple):
        return any(map(_has_borrow, t))
    fields = getattr(t, "__struct_fields__", ())
    return any(_has_borrow(getattr(t, f)) for f in fields)
