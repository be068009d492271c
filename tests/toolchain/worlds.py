"""Look here if you want to know how worlds with random types are made: WIT nobody wrote, for
guests that hand every value to the host and give back what it answers.
"""

import random
import re
from pathlib import Path

from lion.toolchain.assemblyscript.build import build_assemblyscript, project_wit, write_bindings
from lion.toolchain.assemblyscript.node_tools import find_packages
from lion.toolchain.assemblyscript.packages import fetch_packages
from tests.wasm.kit import ROOT

PRIMS = [
    "bool", "u8", "u16", "u32", "u64", "s8", "s16", "s32", "s64", "f32", "f64", "char", "string",
]  # fmt: skip
PACKAGES = ROOT / "plugins-src"


class RandomWit:
    """Types by name, and the text that declares them."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self.declarations: list[str] = []

    def type(self, depth: int) -> str:
        """A type as it is written where it is used."""
        pick = self._random
        kinds = ["prim", "prim", "named", "list", "option", "result", "tuple"]
        kind = pick.choice(kinds) if depth else pick.choice(["prim", "flat"])
        match kind:
            case "prim":
                return pick.choice(PRIMS)
            case "flat":
                return self._named(0, pick.choice(["enum", "flags"]))
            case "list" | "option":
                return f"{kind}<{self.type(depth - 1)}>"
            case "tuple":
                inner = (self.type(depth - 1) for _ in range(pick.randint(1, 4)))
                return f"tuple<{', '.join(inner)}>"
            case "result":
                return self._result(depth)
            case _:
                return self._named(depth, pick.choice(["record", "variant", "enum", "flags"]))

    def _result(self, depth: int) -> str:
        ok, err = (self._random.choice([None, self.type(depth - 1)]) for _ in range(2))
        if err is None:
            return "result" if ok is None else f"result<{ok}>"
        return f"result<{ok or '_'}, {err}>"

    def _named(self, depth: int, kind: str) -> str:
        pick = self._random
        count = pick.choice([1, 2, 3, 5, 9, 20] if kind != "record" else [1, 2, 3, 5, 8])
        lines = []
        for at in range(count if depth else max(count, 2)):
            match kind:
                case "record":
                    lines.append(f"f{at}: {self.type(depth - 1)}")
                case "variant":
                    payload = pick.choice([None, self.type(depth - 1)])
                    lines.append(f"c{at}" + (f"({payload})" if payload else ""))
                case _:
                    lines.append(f"n{at}")
        name = f"{kind}-{len(self.declarations)}"
        self.declarations.append(f"    {kind} {name} {{ {', '.join(lines)} }}")
        return name


def write_world(folder: Path, seed: int, functions: int) -> None:
    """A project whose guest passes values of so many random types through the host."""
    wit = RandomWit(seed)
    types = [wit.type(1 + at % 3) for at in range(functions)]
    lines = [f"    same-{at}: func(value: {t}) -> {t};" for at, t in enumerate(types)]
    used = sorted({w for t in types for w in re.findall(r"[a-z]+-\d+", t)})
    face = ["interface glass {", *wit.declarations, *lines, "}"]
    use = [f"    use glass.{{{', '.join(used)}}};"] if used else []
    world = ["world strange {", "    import glass;", *use, *("    export " + x[4:] for x in lines)]
    (folder / "wit").mkdir()
    (folder / "assembly").mkdir()
    text = "\n".join(["package test:strange;", *face, *world, "}", ""])
    (folder / "wit" / "world.wit").write_text(text, "utf-8")
    (folder / "node_modules").symlink_to(PACKAGES / "node_modules")
    _write_author(folder)


def _write_author(folder: Path) -> None:
    bindings = write_bindings(folder, project_wit(folder, "strange"), find_packages(folder))
    text = ['import * as glass from "./bindings/glass";', *bindings.imports["index"], ""]
    text += [f"{e.should} {{ return glass.{e.function}(value); }}" for e in bindings.exports]
    (folder / "assembly" / "index.ts").write_text("\n".join(text) + "\n", "utf-8")


def build_world(folder: Path, seed: int, functions: int) -> bytes:
    """The component of such a project."""
    write_world(folder, seed, functions)
    return build_assemblyscript(folder, folder / "strange.wasm").path.read_bytes()


def ready_packages() -> None:
    """What npm fetches for the guests of this repository is there after this."""
    fetch_packages(PACKAGES, print, locked=True)
