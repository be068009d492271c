"""Look here if you want to know which functions `canonical.ts` may have, and who writes each."""

from lion.toolchain.assemblyscript.canonical import Canonical, Write
from lion.toolchain.assemblyscript.flat import write_lift
from lion.toolchain.assemblyscript.memory import write_load, write_lower_list, write_store
from lion.toolchain.assemblyscript.text import indent
from lion.values.wit import ListOf, WitType


def _write_get(canonical: Canonical, t: WitType, name: str) -> list[str]:
    """A function that reads any value from memory, for modules where `load` is another's name."""
    head = f"export function {name}(at: usize): {canonical.type_text(t)} {{"
    return [head, f"  return {canonical.load(t, 'at')};", "}"]


def _write_put(canonical: Canonical, t: WitType, name: str) -> list[str]:
    """The same for writing."""
    head = f"export function {name}(at: usize, value: {canonical.type_text(t)}): void {{"
    return [head, *indent(canonical.store(t, "value", "at")), "}"]


def _write_lower(canonical: Canonical, t: WitType, name: str) -> list[str]:
    assert isinstance(t, ListOf)
    return write_lower_list(canonical, t, name)


WRITERS: dict[str, Write] = {
    "load": write_load,
    "store": write_store,
    "lift": write_lift,
    "lower": _write_lower,
    "get": _write_get,
    "put": _write_put,
}
