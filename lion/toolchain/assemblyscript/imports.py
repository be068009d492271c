"""Look here if you want to know how an imported function becomes one of AssemblyScript, and a
resource a class.
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

from lion.toolchain.assemblyscript import layout
from lion.toolchain.assemblyscript.canonical import ABI, Canonical
from lion.toolchain.assemblyscript.docs import comment
from lion.toolchain.assemblyscript.flat import Lowering, lift
from lion.toolchain.assemblyscript.names import function_name, member_name, parameter_name, pascal
from lion.toolchain.assemblyscript.text import Module, indent
from lion.values.wit import Function, WitType

_MEMBER = re.compile(r"\[(method|static|constructor)\]([^.]+)(?:\.(.+))?")


class ImportedFunction(NamedTuple):
    """One imported function as it stands in its interface."""

    interface: str
    name: str
    type: Function

    @property
    def core(self) -> str:
        """What the declaration of the core function is called."""
        return "_" + "$".join(pascal(p) for p in re.split(r"[\[\].]", self.name) if p)


def member(name: str) -> tuple[str, str, str] | None:
    """What a function is to a resource: method, static or constructor; the resource; its name."""
    found = _MEMBER.fullmatch(name)
    return (found[1], found[2], found[3] or "") if found else None


def declare(item: ImportedFunction) -> list[str]:
    """The core function, as the component's core module imports it."""
    cores = list(layout.flatten_all([t for _, t in item.type.params]))
    if len(cores) > layout.MAX_FLAT_PARAMS:
        cores = ["i32"]
    result = layout.flatten(item.type.result)
    answer = result[0] if len(result) == 1 else "void"
    if len(result) > layout.MAX_FLAT_RESULTS:
        cores.append("i32")
    params = ", ".join(f"_{at}: {core}" for at, core in enumerate(cores))
    return [
        "// @ts-ignore: decorator",
        f'@external("{item.interface or "$root"}", "{item.name}")',
        f"declare function {item.core}({params}): {answer};",
    ]


def signature(canonical: Canonical, function: Function, module: Module) -> str:
    """Parameters and result as AssemblyScript has them."""
    types = canonical.registry
    params = (f"{parameter_name(n)}: {types.type_text(t, module)}" for n, t in function.params)
    result = "void" if function.result is None else types.type_text(function.result, module)
    return f"({', '.join(params)}): {result}"


def wrap(canonical: Canonical, item: ImportedFunction, module: Module) -> list[str]:
    """A function that lowers the arguments, calls, and lifts the result."""
    function = item.type
    head = f"export function {function_name(item.name)}{signature(canonical, function, module)} {{"
    params = [(t, parameter_name(n)) for n, t in function.params]
    return [head, *indent(body(canonical, item, params, module)), "}"]


def body(
    canonical: Canonical,
    item: ImportedFunction,
    params: Sequence[tuple[WitType, str]],
    module: Module,
) -> list[str]:
    """The statements of such a function."""
    module.use_space(ABI, "abi")
    result = item.type.result
    before, cores = _arguments(canonical, params, module)
    flat = layout.flatten(result)
    if len(flat) > layout.MAX_FLAT_RESULTS and result is not None:
        size, alignment = layout.size_and_alignment(result)
        before.append(f"const _to = abi.take({size}, {alignment});")
        cores.append("_to")
    call = f"{item.core}({', '.join(cores)})"
    uses_arena = any("abi.take" in x or "lower" in x for x in before)
    if result is None:
        middle, answer = [f"{call};"], ""
    elif len(flat) > layout.MAX_FLAT_RESULTS:
        middle, answer = [f"{call};"], from_memory(canonical, result, "_to", module)
    else:
        middle, answer = [], flat_result(canonical, result, call, module)
    if not uses_arena:
        return [*before, *middle, *([f"return {answer};"] if answer else [])]
    tail = [f"const _answer = {answer};"] if answer else []
    end = ["return _answer;"] if answer else []
    return ["const _mark = abi.mark();", *before, *middle, *tail, "abi.release(_mark);", *end]


def flat_result(canonical: Canonical, t: WitType, call: str, module: Module) -> str:
    """The expression that lifts a result which is one core value, or none."""
    return lift(canonical, t, [call], module)


def from_memory(canonical: Canonical, t: WitType, at: str, module: Module) -> str:
    """The expression that loads a value of several core values."""
    if layout.flatten(t) == ("i32", "i32") and canonical.is_text(t):
        return f"abi.loadString({at})"
    return f"{canonical.function('load', t, module)}({at})"


def _arguments(
    canonical: Canonical, params: Sequence[tuple[WitType, str]], module: Module
) -> tuple[list[str], list[str]]:
    types = [t for t, _ in params]
    if len(layout.flatten_all(types)) > layout.MAX_FLAT_PARAMS:
        return _spilled(canonical, params, module)
    lowering = Lowering(canonical, module)
    lines, cores = [], []
    for t, value in params:
        statements, found = lowering.lower(t, value)
        lines += statements
        cores += found
    return lines, cores


def _spilled(
    canonical: Canonical, params: Sequence[tuple[WitType, str]], module: Module
) -> tuple[list[str], list[str]]:
    """More arguments than core functions may have go through memory."""
    places, size, alignment = layout.offsets([t for t, _ in params])
    lines = [f"const _from = abi.take({size}, {alignment});"]
    for (t, value), place in zip(params, places, strict=True):
        at = f"_from + {place}" if place else "_from"
        lines.append(f"{canonical.function('put', t, module)}({at}, {value});")
    return lines, ["_from"]


def resource_class(
    canonical: Canonical,
    interface: str,
    name: str,
    wit: str,
    methods: list[ImportedFunction],
    module: Module,
) -> list[str]:
    """A class that holds a handle."""
    base = module.use(ABI, "Resource")
    lines = [
        "// @ts-ignore: decorator",
        f'@external("{interface}", "[resource-drop]{wit}")',
        f"declare function _drop{pascal(wit)}(handle: i32): void;",
        "",
        *comment(canonical.registry.docs, interface, wit),
        f"export class {name} extends {base} {{",
        f'  protected _kind(): string {{ return "{wit}"; }}',
        f"  protected _dropHandle(handle: i32): void {{ _drop{pascal(wit)}(handle); }}",
    ]
    taken = {"drop", "toString"}
    for item in methods:
        lines += ["", *indent(_method(canonical, item, name, taken, module))]
    return [*lines, "}"]


def _method(
    canonical: Canonical, item: ImportedFunction, class_: str, taken: set[str], module: Module
) -> list[str]:
    found = member(item.name)
    assert found is not None
    kind, _, wit = found
    name = member_name(wit or "create")
    name = f"{name}_" if name in taken or (kind == "static" and name == "create") else name
    function, params = item.type, [(t, parameter_name(n)) for n, t in item.type.params]
    if kind == "method":
        function = Function(function.params[1:], function.result)
        params[0] = (params[0][0], "this")
    head = "" if kind == "method" else "static "
    text = signature(canonical, function, module)
    about = comment(canonical.registry.docs, item.interface, item.name)
    inner = indent(body(canonical, item, params, module))
    return [*about, f"{head}{name}{text} {{", *inner, "}"]
