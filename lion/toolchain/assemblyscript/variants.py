"""Look here if you want to know how code takes apart and puts together what has cases: variants,
options, results; and what has parts: records, tuples.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from lion.toolchain.assemblyscript.canonical import Canonical
from lion.toolchain.assemblyscript.names import field_name
from lion.toolchain.assemblyscript.registry import LIBRARY, is_reference
from lion.toolchain.assemblyscript.text import Module, indent
from lion.values.wit import OptionOf, RecordOf, ResultOf, TupleOf, VariantOf, WitType

Cases = VariantOf | OptionOf | ResultOf
Body = Callable[[WitType | None, str], list[str]]


class Slot(NamedTuple):
    """Where a variant's class holds payloads of one type: all cases of that type share the field,
    which is nullable even if the type is not, because other cases leave it empty.
    """

    number: int
    type: str
    is_reference: bool

    @property
    def field(self) -> str:
        return f"held{self.number}"

    @property
    def maker(self) -> str:
        """The static function that makes a value of a case's number and this payload."""
        return f"holding{self.number}"

    @property
    def _is_forced(self) -> bool:
        return self.is_reference and not self.type.endswith("| null")

    @property
    def field_type(self) -> str:
        return f"{self.type} | null" if self._is_forced else self.type

    @property
    def empty(self) -> str:
        return "null" if self.is_reference else "false" if self.type == "bool" else "0"

    def read(self, value: str) -> str:
        """The payload of a value that is known to be in such a case."""
        field = f"{value}._{self.field}"
        return f"changetype<{self.type}>({field})" if self._is_forced else field


def slots_of(t: VariantOf, text: Callable[[WitType], str]) -> dict[WitType, Slot]:
    """The slot of each payload's type."""
    slots: dict[WitType, Slot] = {}
    numbers: dict[str, int] = {}
    for _, payload in t.cases:
        if payload is not None:
            written = text(payload)
            number = numbers.setdefault(written, len(numbers))
            is_object = is_reference(payload) or isinstance(payload, OptionOf)
            slots[payload] = Slot(number, written, is_object)
    return slots


def parts(t: RecordOf | TupleOf, value: str) -> list[tuple[WitType, str]]:
    """The parts of a value: their types, and how they are reached."""
    if isinstance(t, RecordOf):
        return [(f, f"{value}.{field_name(n)}") for n, f in t.fields]
    return [(x, f"{value}.{chr(ord('a') + at)}") for at, x in enumerate(t.items)]


def is_nullable(t: OptionOf) -> bool:
    """Whether an option is `T | null` and no Option<T>."""
    return is_reference(t.inner)


def tag_of(t: Cases, value: str) -> str:
    """The number of a value's case."""
    match t:
        case VariantOf():
            return f"{value}.tag"
        case OptionOf():
            return f"{value} !== null" if is_nullable(t) else f"{value}.isSome"
        case ResultOf():
            return f"{value}.isErr"


def cases(
    canonical: Canonical, t: Cases, value: str, body: Body, module: Module | None = None
) -> Iterator[str]:
    """Code that does, in `module`, what `body` says with the payload of the case a value is in."""
    match t:
        case VariantOf():
            slots = slots_of(t, lambda p: canonical.type_text(p, module))
            yield from _switch(t, slots, value, body)
        case OptionOf():
            payload = value if is_nullable(t) else f"{value}.unwrap()"
            yield from _if(tag_of(t, value), body(t.inner, payload), [])
        case ResultOf():
            ok, err = body(t.ok, f"{value}.value"), body(t.err, f"{value}.error")
            yield from _if(f"{value}.isOk", ok, err)


def _switch(t: VariantOf, slots: dict[WitType, Slot], value: str, body: Body) -> Iterator[str]:
    bodies: dict[tuple[str, ...], list[int]] = {}
    for at, (_, payload) in enumerate(t.cases):
        held = "" if payload is None else slots[payload].read(value)
        bodies.setdefault(tuple(body(payload, held)), []).append(at)
    if not any(bodies):
        return
    yield f"switch ({value}.tag) {{"
    for lines, numbers in bodies.items():
        if lines:
            *first, last = (f"  case {at}:" for at in numbers)
            yield from [*first, f"{last} {{"]
            yield from indent(indent([*lines, "break;"]))
            yield "  }"
    yield "}"


def _if(condition: str, then: list[str], other: list[str]) -> Iterator[str]:
    if not then and not other:
        return
    yield f"if ({condition}) {{"
    yield from indent(then)
    if other:
        yield "} else {"
        yield from indent(other)
    yield "}"


def build(
    canonical: Canonical, t: Cases, tag: str, payloads: Sequence[str | None]
) -> Iterator[str]:
    """Code that makes a value of its case's number and payload, and returns it."""
    if isinstance(t, VariantOf):
        yield from _by_number(canonical, t, tag, payloads)
        return
    words = "an option" if isinstance(t, OptionOf) else "a result"
    none, some = _made(canonical.module, canonical, t, payloads)
    yield f'return abi.case_({tag}, 2, "{words}") ? {some} : {none};'


def _by_number(
    canonical: Canonical, t: VariantOf, tag: str, payloads: Sequence[str | None]
) -> Iterator[str]:
    """Cases whose payload is taken in one way share one line."""
    slots = slots_of(t, canonical.type_text)
    answers: dict[str, list[int]] = {}
    for at, ((_, payload), value) in enumerate(zip(t.cases, payloads, strict=True)):
        maker = "bare(tag" if payload is None else f"{slots[payload].maker}(tag, {value}"
        answers.setdefault(f"{canonical.type_text(t)}._{maker})", []).append(at)
    yield f'const tag = abi.case_({tag}, {len(t.cases)}, "{canonical.named(t)}");'
    if len(answers) == 1:
        yield f"return {next(iter(answers))};"
        return
    yield "switch (tag) {"
    for answer, numbers in answers.items():
        yield "  " + " ".join(f"case {at}:" for at in numbers) + f" return {answer};"
    yield "}"
    yield "return unreachable();"


def _made(
    module: Module, canonical: Canonical, t: OptionOf | ResultOf, payloads: Sequence[str | None]
) -> tuple[str, str]:
    """The expressions of case 0 and of case 1."""
    if isinstance(t, ResultOf):
        name = module.use(LIBRARY, "Result")
        types = f"{canonical.type_text(t.ok)}, {canonical.type_text(t.err)}"
        unit = f"{module.use(LIBRARY, 'nothing')}<{module.use(LIBRARY, 'Unit')}>()"
        ok, err = (unit if p is None else p for p in payloads)
        return f"{name}.ok<{types}>({ok})", f"{name}.err<{types}>({err})"
    if is_nullable(t):
        return "null", str(payloads[1])
    name, inner = module.use(LIBRARY, "Option"), canonical.type_text(t.inner)
    return f"{name}.none<{inner}>()", f"{name}.some<{inner}>({payloads[1]})"
