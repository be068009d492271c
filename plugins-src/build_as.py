#!/usr/bin/env python3
"""Look here if you want to know how the AssemblyScript guests of plugins-src are built.

Usage: build_as.py [--out FOLDER] [NAME...]
"""

import sys
from pathlib import Path

from lion.errors import LionError
from lion.toolchain.assemblyscript.build import build_assemblyscript

HERE = Path(__file__).resolve().parent


def guests() -> list[str]:
    """The names of all AssemblyScript guests."""
    return sorted(path.parents[1].name for path in HERE.glob("*/assembly/index.ts"))


def main(arguments: list[str]) -> None:
    """Build the named guests, or all of them."""
    out = HERE.parent / "plugins-wasm"
    if arguments[:1] == ["--out"]:
        out, arguments = Path(arguments[1]), arguments[2:]
    for name in arguments or guests():
        target = out / f"{name}.wasm"
        before = target.read_bytes() if target.exists() else b""
        try:
            built = build_assemblyscript(HERE / name, target)
        except LionError as exc:
            said = exc.facts.get("diagnostics", "")
            raise SystemExit(f"{said}\nerror: {exc}".strip()) from exc
        verdict = "same" if target.read_bytes() == before else "new"
        print(f"{name:16} {built.size:8,} bytes  {verdict}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
