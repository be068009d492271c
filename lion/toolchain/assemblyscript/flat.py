"""Look here if you want to know how values cross as flat core values: parameters of exports
lifted, arguments of imports lowered.
"""

from collections.abc import Iterator

from lion.toolchain.assemblyscript import layout
from lion.toolchain.assemblyscript.canonical import Canonical, mask
from lion.toolchain.assemblyscript.memory import write_lift_list
from lion.toolchain.assemblyscript.text import Module, indent
from lion.toolchain.assemblyscript.variants import build, cases, parts, tag_of
from lion.values.wit import (
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
)

_SMALL = {"s8": "i8", "u8": "u8", "s16": "i16", "u16": "u16"}


def lift(canonical: Canonical, t: WitType, cores: list[str], module: Module | None = None) -> str:
    """The expression that makes a value of core values."""
    first = cores[0]
    match t:
        case Prim(name="string"):
            return f"abi.liftString({cores[0]}, {cores[1]})"
        case Prim(name="bool"):
            return f"abi.bool_({first})"
        case Prim(name="char"):
            return f"abi.char({first})"
        case Prim(name=name) if name in _SMALL:
            return f"<{_SMALL[name]}>{first}"
        case Prim():
            return first
        case EnumOf():
            return f'abi.case_({first}, {len(t.names)}, "{canonical.named(t)}")'
        case FlagsOf():
            return mask(first, t)
        case Handle():
            return canonical.lift_handle(t, first, module)
        case ListOf():
            return canonical.lift_list(t, cores[0], cores[1], module)
        case _:
            return f"{canonical.function('lift', t, module)}({', '.join(cores)})"


def write_lift(canonical: Canonical, t: WitType, name: str) -> list[str]:
    """A function that makes a value of core values."""
    if isinstance(t, ListOf):
        return write_lift_list(canonical, t, name)
    cores = layout.flatten(t)
    names = [f"c{at}" for at in range(len(cores))]
    params = ", ".join(f"{n}: {c}" for n, c in zip(names, cores, strict=True))
    head = f"export function {name}({params}): {canonical.type_text(t)} {{"
    match t:
        case RecordOf() | TupleOf():
            values, at = [], 0
            for field in layout.fields_of(t):
                count = len(layout.flatten(field))
                values.append(lift(canonical, field, names[at : at + count]))
                at += count
            body = [f"return new {canonical.type_text(t)}({', '.join(values)});"]
        case VariantOf() | OptionOf() | ResultOf():
            payloads = [_payload(canonical, p, names, cores) for _, p in layout.cases_of(t)]
            body = list(build(canonical, t, "c0", payloads))
        case _:
            raise AssertionError(t)
    return [head, *indent(body), "}"]


def _payload(
    canonical: Canonical, t: WitType | None, names: list[str], have: tuple[str, ...]
) -> str | None:
    if t is None:
        return None
    want = layout.flatten(t)
    cores = [narrow(n, h, w) for n, h, w in zip(names[1:], have[1:], want, strict=False)]
    return lift(canonical, t, cores)


def narrow(value: str, have: str, want: str) -> str:
    """A joined core value as the one it was."""
    match have, want:
        case "i64", "i32":
            return f"<i32>{value}"
        case "i64", "f32":
            return f"reinterpret<f32>(<i32>{value})"
        case "i32", "f32":
            return f"reinterpret<f32>({value})"
        case "i64", "f64":
            return f"reinterpret<f64>({value})"
        case _:
            return value


def widen(value: str, have: str, want: str) -> str:
    """A core value as the one it is joined into."""
    match have, want:
        case "i32", "i64":
            return f"<i64><u32>({value})"
        case "f32", "i64":
            return f"<i64>reinterpret<u32>({value})"
        case "f32", "i32":
            return f"reinterpret<i32>({value})"
        case "f64", "i64":
            return f"reinterpret<i64>({value})"
        case _:
            return value


class Lowering:
    """Statements that lower values into local variables of one function."""

    def __init__(self, canonical: Canonical, module: Module) -> None:
        self.canonical, self.module = canonical, module
        self._count = 0

    def _name(self) -> str:
        self._count += 1
        return f"_{self._count}"

    def lower(self, t: WitType, value: str) -> tuple[list[str], list[str]]:
        """Statements, and the core values after them."""
        match t:
            case Prim(name="string"):
                return self._pair(f"abi.lowerString({value})")
            case ListOf():
                return self._pair(self.canonical.lower_list(t, value, self.module))
            case Prim(name="char"):
                return [], [f"abi.char({value})"]
            case Prim() | FlagsOf():
                return [], [value]
            case EnumOf():
                return [], [f'abi.case_({value}, {len(t.names)}, "{self.canonical.named(t)}")']
            case Handle():
                return [], [self.canonical.lower_handle(t, value, self.module)]
            case RecordOf() | TupleOf():
                found = [self.lower(f, v) for f, v in parts(t, value)]
                return [x for s, _ in found for x in s], [x for _, c in found for x in c]
            case VariantOf() | OptionOf() | ResultOf():
                return self._cases(t, value)

    def _pair(self, expression: str) -> tuple[list[str], list[str]]:
        at, length = self._name(), self._name()
        return [f"const {at} = {expression};", f"const {length} = abi.length;"], [at, length]

    def _cases(
        self, t: VariantOf | OptionOf | ResultOf, value: str
    ) -> tuple[list[str], list[str]]:
        cores = layout.flatten(t)[1:]
        whole, names = self._name(), [self._name() for _ in cores]
        lines = [f"const {whole} = {value};"]
        lines += [f"let {n}: {core} = 0;" for n, core in zip(names, cores, strict=True)]

        def body(payload: WitType | None, inner: str) -> list[str]:
            return [] if payload is None else list(self._assign(payload, inner, names, cores))

        lines += cases(self.canonical, t, whole, body, self.module)
        return lines, [f"<i32>({tag_of(t, whole)})", *names]

    def _assign(
        self, t: WitType, value: str, names: list[str], cores: tuple[str, ...]
    ) -> Iterator[str]:
        one = self._name() if isinstance(t, (RecordOf, TupleOf)) else value
        if one != value:
            yield f"const {one} = {value};"
        statements, found = self.lower(t, one)
        yield from statements
        have = layout.flatten(t)
        for name, expression, h, w in zip(names, found, have, cores, strict=False):
            yield f"{name} = {widen(expression, h, w)};"
