"""Look here if you want to know how the standard adapter for WASI preview 1 is made ready again
(it needs cargo and npm):

    python -m tests.wasi.preview1

The adapter comes from wasmtime's own crate. What a component's encoder makes of it, here that of
jco for a command which imports every function, is kept as it is: a stack and an allocator of its
own in the command's memory.
"""

import json
import subprocess
import tempfile
from pathlib import Path
from typing import Final

import wasmtime

from lion.wasm.extism.binary import NAMES, Signature
from lion.wasm.extism.module import read_module
from lion.wasm.wasi import preview1
from lion.wasm.wasi.head import CORE_MODULE, sections
from tests.wasi.reach import reached_imports

CRATE: Final = "wasi-preview1-component-adapter-provider"
VERSION: Final = "50.0.1"
JCO: Final = "@bytecodealliance/jco@1.35.0"
HERE: Final = Path(preview1.__file__).parent
_INNER: Final = ("adapter_", "cabi_", "reset_", "wasi:")


def _download(folder: Path) -> Path:
    (folder / "src").mkdir()
    (folder / "src" / "lib.rs").touch()
    text = f'[package]\nname = "x"\nversion = "0.0.0"\n[dependencies]\n{CRATE} = "={VERSION}"\n'
    (folder / "Cargo.toml").write_text(text, "utf-8")
    subprocess.run(["cargo", "vendor", "--quiet", "vendor"], cwd=folder, check=True)
    return folder / "vendor" / CRATE / "artefacts" / "wasi_snapshot_preview1.command.wasm"


def _every(adapter: Path) -> str:
    """A command that imports every function the adapter has, in WAT."""
    functions = read_module(adapter.read_bytes()).functions
    imports = [
        f'(import "wasi_snapshot_preview1" "{name}" (func {_words(kind)}))'
        for name, kind in functions.items()
        if not name.startswith(_INNER)
    ]
    rest = '(memory (export "memory") 1) (func (export "_start"))'
    return f"(module {' '.join(imports)} {rest})"


def _words(kind: Signature) -> str:
    params = [f"(param {NAMES[one]})" for one in kind.params]
    return " ".join([*params, *(f"(result {NAMES[one]})" for one in kind.results)])


def standard_adapter(folder: Path) -> bytes:
    """The adapter as the encoder sets it up."""
    adapter = _download(folder)
    core, made = folder / "core.wasm", folder / "made.wasm"
    core.write_bytes(bytes(wasmtime.wat2wasm(_every(adapter))))
    words = ["new", str(core), "--adapt", f"wasi_snapshot_preview1={adapter}", "-o", str(made)]
    subprocess.run(["npx", "--yes", JCO, *words], cwd=folder, check=True)
    data = made.read_bytes()
    modules = [data[a:b] for kind, a, b in sections(data) if kind == CORE_MODULE]
    (found,) = [
        one for one in modules
        if any(i.module == preview1.MAIN_MODULE for i in read_module(one).imports)
    ]  # fmt: skip
    return found


def reached(data: bytes) -> str:
    """What `preview1.json` says."""
    found = {
        name: names
        for name, names in reached_imports(data).items()
        if not name.startswith(_INNER)
    }  # fmt: skip
    return json.dumps(found, indent=0, sort_keys=True) + "\n"


def main() -> None:
    """Make both files again."""
    with tempfile.TemporaryDirectory() as name:
        data = standard_adapter(Path(name))
    (HERE / "preview1.wasm").write_bytes(data)
    (HERE / "preview1.json").write_text(reached(data), "utf-8")


if __name__ == "__main__":
    main()
