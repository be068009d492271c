"""Look here if you want to know how the library's own bindings of lion:host are made again:

    python -m lion.toolchain.assemblyscript.library plugins-wasm/imports.wasm plugins-src/lion-as/host
"""

import sys
from pathlib import Path

from lion.toolchain.assemblyscript.generate import generate_library
from lion.toolchain.assemblyscript.text import HEADER

_HEADER = "// Made from lion's wit/ (see lion/toolchain/assemblyscript/library.py). Do not edit.\n"


def library_files(component: bytes) -> dict[str, str]:
    """The files of `lion-as/host` by name, from the component that imports all the host lends."""
    found = generate_library(component)
    return {name: text.replace(HEADER, _HEADER) for name, text in found.items()}


def main(component: str, folder: str) -> None:
    """Write them."""
    target = Path(folder)
    target.mkdir(parents=True, exist_ok=True)
    for name, text in library_files(Path(component).read_bytes()).items():
        (target / name).write_text(text, "utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
