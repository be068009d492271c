"""Look here if you want to know how records, variants, enums, flags become classes and enums."""

from collections.abc import Iterator
from typing import assert_never

from lion.toolchain.assemblyscript.names import case_name, field_name, pascal
from lion.toolchain.assemblyscript.registry import Registry
from lion.toolchain.assemblyscript.text import Module, indent
from lion.toolchain.assemblyscript.variants import Slot, slots_of
from lion.values.wit import EnumOf, FlagsOf, Prim, RecordOf, VariantOf, WitType


def define(
    t: RecordOf | VariantOf | EnumOf | FlagsOf, name: str, registry: Registry, module: Module
) -> list[str]:
    """The definition of a named type."""
    match t:
        case RecordOf():
            return _record(t, name, registry, module)
        case VariantOf():
            return list(_variant(t, name, registry, module))
        case EnumOf():
            cases = [f"  {pascal(case)} = {at}," for at, case in enumerate(t.names)]
            return [f"export enum {name} {{", *cases, "}"]
        case FlagsOf():
            bits = [f"  {pascal(flag)} = {_bit(at)}," for at, flag in enumerate(t.names)]
            return ["// Joined with `|`.", f"export enum {name} {{", *bits, "}"]
        case _:
            assert_never(t)


def _bit(at: int) -> int:
    return 1 << at if at < 31 else -(1 << 31)


def _record(t: RecordOf, name: str, registry: Registry, module: Module) -> list[str]:
    fields = [f"public {field_name(n)}: {registry.type_text(f, module)}," for n, f in t.fields]
    return [
        f"@final export class {name} {{",
        "  constructor(",
        *indent(indent(fields)),
        "  ) {}",
        "}",
    ]


def _variant(t: VariantOf, name: str, registry: Registry, module: Module) -> Iterator[str]:
    tag = registry.tag_of(t)
    slots = slots_of(t, lambda p: registry.type_text(p, module))
    cases = [f"  {pascal(case)} = {at}," for at, (case, _) in enumerate(t.cases)]
    yield from [f"export enum {tag} {{", *cases, "}", ""]
    yield f"@final export class {name} {{"
    # Two types may be written alike: a char is a u32 here.
    for slot in {s.field: s for s in slots.values()}.values():
        yield f"  _{slot.field}: {slot.field_type} = {slot.empty};"
    yield f"  private constructor(readonly tag: {tag}) {{}}"
    for case, payload in t.cases:
        yield ""
        yield from indent(_construct(case, name, tag, payload, slots))
    for case, payload in t.cases:
        if payload is not None:
            yield ""
            yield from indent(_access(case, tag, slots[payload]))
    yield ""
    yield from indent(_to_string(t, tag, slots))
    for line in _makers(t, name, tag, slots):
        yield f"  {line}" if line else line
    yield "}"


def _construct(
    case: str, name: str, tag: str, payload: WitType | None, slots: dict[WitType, Slot]
) -> list[str]:
    number = f"{tag}.{pascal(case)}"
    if payload is None:
        return [f"static {case_name(case)}(): {name} {{", f"  return new {name}({number});", "}"]
    slot = slots[payload]
    return [
        f"static {case_name(case)}(value: {slot.type}): {name} {{",
        f"  return {name}._{slot.maker}({number}, value);",
        "}",
    ]


def _access(case: str, tag: str, slot: Slot) -> list[str]:
    wrong = f'abort("this is no {case} but " + this.toString())'
    return [
        f"as{pascal(case)}(): {slot.type} {{",
        f"  if (this.tag != {tag}.{pascal(case)}) {wrong};",
        f"  return {slot.read('this')};",
        "}",
    ]


def _makers(t: VariantOf, name: str, tag: str, slots: dict[WitType, Slot]) -> Iterator[str]:
    """For the bindings, which have the case as a number."""
    if any(payload is None for _, payload in t.cases):
        yield from ["", f"static _bare(tag: {tag}): {name} {{", f"  return new {name}(tag);", "}"]
    for slot in {s.field: s for s in slots.values()}.values():
        yield from [
            "",
            f"static _{slot.maker}(tag: {tag}, value: {slot.type}): {name} {{",
            f"  const made = new {name}(tag);",
            f"  made._{slot.field} = value;",
            "  return made;",
            "}",
        ]


def _to_string(t: VariantOf, tag: str, slots: dict[WitType, Slot]) -> list[str]:
    """The case's name, and the text if that is what it holds."""
    lines = ["/** The name of the case, and its text if it has one. */", "toString(): string {"]
    lines.append("  switch (this.tag) {")
    for case, payload in t.cases:
        text = ""
        if payload == Prim("string"):
            text = f' + ": " + {slots[payload].read("this")}'
        lines.append(f'    case {tag}.{pascal(case)}: return "{case}"{text};')
    return [*lines, "  }", "  return unreachable();", "}"]
