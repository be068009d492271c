"""Look here if you want to know how the functions of `canonical.ts` that read and write memory
are written: `load`, `store`, and both ways of a list.
"""

from collections.abc import Iterator

from lion.toolchain.assemblyscript import layout
from lion.toolchain.assemblyscript.canonical import Canonical
from lion.toolchain.assemblyscript.text import indent
from lion.toolchain.assemblyscript.variants import build, cases, parts, tag_of
from lion.values.wit import ListOf, OptionOf, RecordOf, ResultOf, TupleOf, VariantOf, WitType


def write_load(canonical: Canonical, t: WitType, name: str) -> list[str]:
    """A function that reads a value from memory."""
    head = f"export function {name}(at: usize): {canonical.type_text(t)} {{"
    match t:
        case ListOf():
            body = [f"return {canonical.load(t, 'at')};"]
        case RecordOf() | TupleOf():
            places, _, _ = layout.offsets(layout.fields_of(t))
            fields = zip(layout.fields_of(t), places, strict=True)
            values = [canonical.load(f, "at", place) for f, place in fields]
            body = [*_made(f"new {canonical.type_text(t)}", values)]
        case VariantOf() | OptionOf() | ResultOf():
            body = list(_load_cases(canonical, t))
        case _:
            raise AssertionError(t)
    return [head, *indent(body), "}"]


def _made(what: str, values: list[str]) -> Iterator[str]:
    line = f"return {what}({', '.join(values)});"
    if len(line) <= 115:
        yield line
        return
    yield f"return {what}("
    yield from indent(f"{value}," for value in values)
    yield ");"


def _load_cases(canonical: Canonical, t: VariantOf | OptionOf | ResultOf) -> Iterator[str]:
    offset, count = layout.payload_offset(t), len(layout.cases_of(t))
    bits = 8 * layout.tag_size(count)
    payloads = [
        None if payload is None else canonical.load(payload, "at", offset)
        for _, payload in layout.cases_of(t)
    ]
    yield from build(canonical, t, f"load<u{bits}>(at)", payloads)


def write_store(canonical: Canonical, t: WitType, name: str) -> list[str]:
    """A function that writes a value into memory."""
    head = f"export function {name}(at: usize, value: {canonical.type_text(t)}): void {{"
    match t:
        case RecordOf() | TupleOf():
            body = [
                line
                for (field, value), place in zip(
                    parts(t, "value"), layout.offsets(layout.fields_of(t))[0], strict=True
                )
                for line in canonical.store(field, value, "at", place)
            ]
        case VariantOf() | OptionOf() | ResultOf():
            body = list(_store_cases(canonical, t))
        case _:
            raise AssertionError(t)
    return [head, *indent(body), "}"]


def _store_cases(canonical: Canonical, t: VariantOf | OptionOf | ResultOf) -> Iterator[str]:
    offset, bits = layout.payload_offset(t), 8 * layout.tag_size(len(layout.cases_of(t)))
    yield f"store<u{bits}>(at, {tag_of(t, 'value')});"

    def body(payload: WitType | None, value: str) -> list[str]:
        return [] if payload is None else canonical.store(payload, value, "at", offset)

    yield from cases(canonical, t, "value", body)


def write_lift_list(canonical: Canonical, t: ListOf, name: str) -> list[str]:
    """A function that takes a list from the host and gives back its memory."""
    size = layout.size_of(t.element)
    element = canonical.type_text(t.element)
    return [
        f"export function {name}(at: usize, length: i32): {canonical.type_text(t)} {{",
        f"  const list = new Array<{element}>(length);",
        "  for (let i = 0, from = at; i < length; i++, from += " + f"{size}) {{",
        f"    unchecked(list[i] = {canonical.load(t.element, 'from')});",
        "  }",
        f"  abi.free(at, <usize>length * {size});",
        "  return list;",
        "}",
    ]


def write_lower_list(canonical: Canonical, t: WitType, name: str) -> list[str]:
    """A function that puts a list into the arena."""
    assert isinstance(t, ListOf)
    size, alignment = layout.size_and_alignment(t.element)
    return [
        f"export function {name}(list: {canonical.type_text(t)}): usize {{",
        "  const length = list.length;",
        f"  const at = abi.room(length, {size}, {alignment});",
        f"  for (let i = 0, to = at; i < length; i++, to += {size}) {{",
        *indent(indent(canonical.store(t.element, "unchecked(list[i])", "to"))),
        "  }",
        "  abi.setLength(length);",
        "  return at;",
        "}",
    ]
