"""Look here if you want to know how resources of the component's own cross: the author's objects,
which the outside holds by number until it drops them or gives them back.
"""

from collections.abc import Iterator
from typing import NamedTuple

from lion.toolchain.assemblyscript.canonical import ABI
from lion.toolchain.assemblyscript.names import pascal, word
from lion.toolchain.assemblyscript.registry import NamedType, Registry, owned
from lion.toolchain.assemblyscript.text import Module
from lion.wasm.worlds import OWN, Interface

HOOK = "dropped"
"""The method of an author's class that is called when the outside dropped the object."""


class Own(NamedTuple):
    """A resource that the component makes: its interface, and the author's class."""

    interface: str
    named: NamedType

    @property
    def core(self) -> str:
        """What asc exports the function as that is called when one is dropped."""
        return f"drop_{word(self.named.module)}_{self.named.name}"

    @property
    def wit(self) -> str:
        """What the component calls that function."""
        return f"{self.interface}#[dtor]{self.named.wit}"


def own_resources(registry: Registry) -> Iterator[Own]:
    """Those of a world, interface by interface."""
    for interface in registry.world.exports:
        for named in _owned(interface, registry):
            yield Own(interface.name, named)


def _owned(interface: Interface, registry: Registry) -> list[NamedType]:
    return [registry.resources[f"{OWN}{interface.name}.{wit}"] for wit in owned(interface)]


def held_modules(registry: Registry) -> Iterator[Module]:
    """For each interface that makes resources, the module that holds them."""
    for interface in registry.world.exports:
        found = _owned(interface, registry)
        if not found:
            continue
        module = Module(
            found[0].held, f"What {found[0].module}.ts makes, as the outside holds it: by number."
        )
        module.use_space(ABI, "abi")
        for named in found:
            module.add(_intrinsics(interface.name, named.wit))
            module.add(_functions(named, module))
        yield module


def _intrinsics(interface: str, wit: str) -> Iterator[str]:
    """What a component's instance has for each resource it makes."""
    for operation, param, answer in (("new", "rep", "i32"), ("rep", "handle", "i32"),
                                     ("drop", "handle", "void")):  # fmt: skip
        yield "// @ts-ignore: decorator"
        yield f'@external("[export]{interface}", "[resource-{operation}]{wit}")'
        yield f"declare function _{operation}{pascal(wit)}({param}: i32): {answer};"
        if operation != "drop":
            yield ""


_TEXT = """\
const _live{core} = new abi.Live<{name}>();

/** For whoever asked for one, who holds it until it is dropped or comes back. */
export function give{name}(value: {name}): i32 {{
  return _new{core}(_live{core}.add(value));
}}

/** It came back for good. */
export function take{name}(handle: i32): {name} {{
  const value = _live{core}.empty(_rep{core}(handle));
  _drop{core}(handle);
  return value;
}}

/** It is lent for a call. */
export function see{name}(rep: i32): {name} {{
  return _live{core}.get(rep);
}}

/** Nobody holds it any more: it was dropped, or came back. */
export function end{name}(rep: i32): void {{
  const value = _live{core}.end(rep);
  if (value === null) return;
  if (isDefined(value.{hook})) value.{hook}();
}}"""


def _functions(named: NamedType, module: Module) -> list[str]:
    module.use(named.path, named.name)
    text = _TEXT.format(name=named.name, core=pascal(named.wit), hook=HOOK)
    return text.splitlines()


def drop_function(own: Own, module: Module) -> list[str]:
    """What the entry file exports to be called when one is dropped."""
    end = module.use(f"./{own.named.held}", f"end{own.named.name}", "_")
    return [f"export function {own.core}(rep: i32): void {{", f"  {end}(rep);", "}"]
