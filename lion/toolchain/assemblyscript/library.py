"""Look here if you want to know how the library's own bindings of lion:host are made again:

python -m lion.toolchain.assemblyscript.library plugins-wasm plugins-src/lion-as/host
"""

import sys
from pathlib import Path

import msgspec

from lion.toolchain.assemblyscript.docs import read_docs
from lion.toolchain.assemblyscript.generate import generate_library
from lion.toolchain.assemblyscript.text import HEADER
from lion.toolchain.assemblyscript.wit import LION_WIT, nested_packages
from lion.wasm.worlds import Interface, World, reflect_world

_HEADER = "// Made from lion's wit/ (see lion/toolchain/assemblyscript/library.py). Do not edit.\n"


def library_files(built: Path) -> dict[str, str]:
    """The files of `lion-as/host` by name, from two components of the folder: one imports all the
    host lends, and an agent has the types that only agents use besides.
    """
    world = reflect_world((built / "imports.wasm").read_bytes())
    agent = reflect_world((built / "critic.wasm").read_bytes())
    more = {interface.name: interface for interface in agent.imports}
    whole = tuple(_with_types(i, more.get(i.name, i)) for i in world.imports)
    docs = read_docs(nested_packages([LION_WIT]))
    found = generate_library(World(imports=whole, exports=()), docs)
    return {name: text.replace(HEADER, _HEADER) for name, text in found.items()}


def _with_types(interface: Interface, other: Interface) -> Interface:
    return msgspec.structs.replace(
        interface, types=tuple((dict(interface.types) | dict(other.types)).items())
    )


def main(built: str, folder: str) -> None:
    """Write them."""
    target = Path(folder)
    target.mkdir(parents=True, exist_ok=True)
    for name, text in library_files(Path(built)).items():
        (target / name).write_text(text, "utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
