"""Look here if you want to know how `canonical.ts` comes about: one function for each way a type
of several parts crosses.

`load` reads a value from memory, `store` writes it there; `lift` makes a value of flat core
values or takes a list, `lower` hands a list over; `get` and `put` are `load` and `store` for
modules where those names may be another's. Functions are written when something asks for them.
"""

from collections.abc import Callable

from lion.toolchain.assemblyscript import layout
from lion.toolchain.assemblyscript.names import pascal
from lion.toolchain.assemblyscript.registry import Registry
from lion.toolchain.assemblyscript.text import Module
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

ABI = "lion-as/abi"
ABOUT = """\
How values cross: the canonical ABI of the component model for the types of this world.
What is in memory is loaded and stored, what comes as core values is lifted."""

_ACCESS = {
    "bool": "u8", "s8": "i8", "u8": "u8", "s16": "i16", "u16": "u16", "s32": "i32", "u32": "u32",
    "s64": "i64", "u64": "u64", "f32": "f32", "f64": "f64", "char": "u32",
}  # fmt: skip
_NUMBERS = frozenset(_ACCESS) - {"bool", "char"}
Write = Callable[["Canonical", WitType, str], list[str]]


class Canonical:
    """The module `canonical`, and what other modules call in it."""

    def __init__(self, registry: Registry) -> None:
        self.registry = registry
        self.module = Module("canonical", ABOUT)
        self.module.use_space(ABI, "abi")
        self._functions: dict[tuple[str, WitType], str] = {}
        self._names: dict[str, tuple[str, WitType]] = {}
        self._texts: dict[str, str] = {}
        self.writers: dict[str, Write] = {}

    def text(self) -> str:
        """The whole module, functions by name."""
        self.module.parts = [self._texts[name] for name in sorted(self._texts)]
        return self.module.text()

    def function(self, operation: str, t: WitType, module: Module | None = None) -> str:
        """The name of the function that does this with this type, written if it was not yet;
        imported into `module`.
        """
        key = operation, t
        if key not in self._functions:
            name = self._free_name(operation + self.shape(t), key)
            self._functions[key] = name
            self.module.own.add(name)
            self._texts[name] = "\n".join(self.writers[operation](self, t, name))
        name = self._functions[key]
        if module is None or module is self.module:
            return name
        return module.use("./canonical", name, "_")

    def _free_name(self, name: str, key: tuple[str, WitType]) -> str:
        candidate, number = name, 2
        while self._names.setdefault(candidate, key) != key:
            candidate, number = f"{name}{number}", number + 1
        return candidate

    def type_text(self, t: WitType | None, module: Module | None = None) -> str:
        """How a type is written in this module, or another."""
        return self.registry.type_text(t, module or self.module)

    def shape(self, t: WitType | None) -> str:
        """A type's name within names of functions."""
        match t:
            case None:
                return "Unit"
            case Prim():
                return pascal(t.name)
            case ListOf():
                return f"ListOf{self.shape(t.element)}"
            case OptionOf():
                return f"OptionOf{self.shape(t.inner)}"
            case TupleOf():
                return f"TupleOf{'And'.join(map(self.shape, t.items))}"
            case ResultOf():
                return f"ResultOf{self.shape(t.ok)}Or{self.shape(t.err)}"
            case _:
                return self.type_text(t).rstrip("_")

    @staticmethod
    def is_text(t: WitType) -> bool:
        """Whether it is a string."""
        return t == Prim("string")

    def named(self, t: WitType) -> str:
        """What a type is called in words for people."""
        named = self.registry.types.get(t)
        return named.wit if named else self.shape(t)

    def lift_list(self, t: ListOf, at: str, length: str, module: Module | None = None) -> str:
        """The expression that takes a list from the host."""
        match t.element:
            case Prim(name="u8"):
                return f"abi.liftBytes({at}, {length})"
            case Prim(name="bool"):
                return f"abi.liftBools({at}, {length})"
            case Prim(name="char"):
                return f"abi.liftChars({at}, {length})"
            case Prim(name=name) if name in _NUMBERS:
                return f"abi.liftNumbers<{_ACCESS[name]}>({at}, {length})"
            case _:
                return f"{self.function('lift', t, module)}({at}, {length})"

    def lower_list(self, t: ListOf, value: str, module: Module | None = None) -> str:
        """The expression that puts a list into the arena; its length is in `abi.length`."""
        match t.element:
            case Prim(name="u8"):
                return f"abi.lowerBytes({value})"
            case Prim(name="char"):
                return f"abi.lowerChars({value})"
            case Prim(name=name) if name in _NUMBERS or name == "bool":
                text = "bool" if name == "bool" else _ACCESS[name]
                return f"abi.lowerNumbers<{text}>({value})"
            case _:
                return f"{self.function('lower', t, module)}({value})"

    def lift_handle(self, t: Handle, number: str, module: Module | None = None) -> str:
        """The expression that holds a resource; only exports are lent one, and give it back."""
        if self.registry.is_own(t):
            return f"{self.hold('take' if t.mode == 'own' else 'see', t, module)}({number})"
        made = f"new {self.type_text(t, module)}({number})"
        return f"abi.lend({made})" if t.mode == "borrow" else made

    def lower_handle(self, t: Handle, value: str, module: Module | None = None) -> str:
        """The handle of a resource: given away, or lent."""
        if self.registry.is_own(t):
            return f"{self.hold('give', t, module)}({value})"
        return f"{value}._give()" if t.mode == "own" else f"{value}._handle"

    def hold(self, operation: str, t: Handle, module: Module | None = None) -> str:
        """The function that gives, takes or sees a resource of the component's own."""
        named = self.registry.resources[t.resource]
        return (module or self.module).use(f"./{named.held}", operation + named.name, "_")

    def load(self, t: WitType, base: str, offset: int = 0) -> str:
        """The expression that reads a value from memory."""
        at = f"{base}, {offset}" if offset else base
        match t:
            case Prim(name="string"):
                return f"abi.loadString({_plus(base, offset)})"
            case Prim(name="bool"):
                return f"abi.bool_(load<u8>({at}))"
            case Prim(name="char"):
                return f"abi.char(load<u32>({at}))"
            case Prim():
                return f"load<{_ACCESS[t.name]}>({at})"
            case EnumOf():
                found = f"load<u{8 * layout.size_of(t)}>({at})"
                return f'abi.case_({found}, {len(t.names)}, "{self.named(t)}")'
            case FlagsOf():
                return mask(f"load<u{8 * layout.size_of(t)}>({at})", t)
            case Handle():
                return self.lift_handle(t, f"load<i32>({at})")
            case ListOf():
                second = f"{base}, {offset + 4}"
                return self.lift_list(t, f"load<usize>({at})", f"load<i32>({second})")
            case _:
                return f"{self.function('load', t)}({_plus(base, offset)})"

    def store(self, t: WitType, value: str, base: str, offset: int = 0) -> list[str]:
        """The statements that write a value into memory."""
        tail = f", {offset}" if offset else ""
        match t:
            case Prim(name="string"):
                return [f"abi.storeString({_plus(base, offset)}, {value});"]
            case Prim(name="char"):
                return [f"store<u32>({base}, abi.char({value}){tail});"]
            case Prim():
                return [f"store<{_ACCESS[t.name]}>({base}, {value}{tail});"]
            case EnumOf():
                checked = f'abi.case_({value}, {len(t.names)}, "{self.named(t)}")'
                return [f"store<u{8 * layout.size_of(t)}>({base}, {checked}{tail});"]
            case FlagsOf():
                return [f"store<u{8 * layout.size_of(t)}>({base}, {value}{tail});"]
            case Handle():
                return [f"store<i32>({base}, {self.lower_handle(t, value)}{tail});"]
            case ListOf():
                return [
                    f"store<usize>({base}, {self.lower_list(t, value)}{tail});",
                    f"store<i32>({base}, abi.length, {offset + 4});",
                ]
            case _:
                return [f"{self.function('store', t)}({_plus(base, offset)}, {value});"]


def _plus(base: str, offset: int) -> str:
    return f"{base} + {offset}" if offset else base


def mask(value: str, t: FlagsOf) -> str:
    """Flags without bits that mean nothing."""
    return f"{value} & {(1 << len(t.names)) - 1}" if len(t.names) % 8 else value


def is_aggregate(t: WitType) -> bool:
    """Whether a value of this type has parts that are stored one by one."""
    return isinstance(t, (RecordOf, TupleOf, VariantOf, OptionOf, ResultOf))
