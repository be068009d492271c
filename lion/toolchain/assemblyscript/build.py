"""Look here if you want to know how a folder of AssemblyScript is built into a component.

WIT -> an empty component -> bindings -> asc -> a core module -> the component.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from lion.errors import GuestError, OperatorError
from lion.toolchain.assemblyscript.diagnostics import compiler_error, wit_error, world_error
from lion.toolchain.assemblyscript.docs import read_docs
from lion.toolchain.assemblyscript.generate import Bindings, generate_bindings
from lion.toolchain.assemblyscript.node_tools import ToolFailed, find_packages, run
from lion.toolchain.assemblyscript.wit import WitSource, wit_source
from lion.toolchain.project import package_settings

BINDINGS = Path("assembly") / "bindings"
ENTRY = Path("assembly") / "index.ts"
ARGUMENTS = [
    "assembly/bindings/entry.ts", "--runtime", "incremental", "-O3", "--shrinkLevel", "1",
    "--exportStart", "_initialize", "--use", "abort=assembly/bindings/abort/abort",
    # Of addresses that would be wider in a 64-bit memory, which components do not have.
    "--disableWarning", "201", "--noColors",
]  # fmt: skip


class Compiled(NamedTuple):
    """A component just built, and how many files of bindings were written for it."""

    path: Path
    size: int
    bindings: int


def build_assemblyscript(folder: Path, out: Path) -> Compiled:
    """Build the AssemblyScript project in `folder` (assembly/index.ts, wit/) into the component
    `out`, which is written only if it changed.

    The folder's package.json may say where its WIT is and which world of it is meant:
    `"lion": {"wit": "../echo/wit", "world": "echo"}`.
    Raises OperatorError for what is missing, wrong in the WIT or in the source.
    """
    folder = folder.resolve()
    if not (folder / ENTRY).exists():
        raise OperatorError(
            f"{str(folder)!r} has no {ENTRY}, where an AssemblyScript plugin begins",
            hint="make a folder that has one: lion new DIR --lang assemblyscript",
        )
    packages = find_packages(folder)
    source = project_wit(folder, out.stem)
    bindings = write_bindings(folder, source, packages)
    job = _job(packages, source) | {"arguments": ARGUMENTS, "exports": bindings.core_names}
    try:
        made = run("build", job, folder)
    except ToolFailed as exc:
        if exc.is_wit:
            raise wit_error(exc.words, source) from exc
        raise compiler_error(exc.words, folder, bindings) from exc
    if not out.exists() or out.read_bytes() != made:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_bytes(made)
    return Compiled(out, len(made), len(bindings.files))


def project_wit(folder: Path, name: str) -> WitSource:
    """The WIT of a project, and its world: the only one, the one package.json names, or the one
    called `name`. Raises OperatorError.
    """
    said = package_settings(folder) if (folder / "package.json").exists() else {}
    return wit_source((folder / said.get("wit", "wit")).resolve(), said.get("world", name))


def write_bindings(folder: Path, source: WitSource, packages: Mapping[str, str]) -> Bindings:
    """Generate the bindings into the folder: files that are the same are left, those of a world
    that was are removed. Raises OperatorError.
    """
    try:
        empty = run("empty", _job(packages, source), folder)
        bindings = generate_bindings(empty, read_docs(source.text))
    except ToolFailed as exc:
        raise wit_error(exc.words, source) from exc
    except GuestError as exc:
        raise world_error(exc, source) from exc
    target = folder / BINDINGS
    target.mkdir(parents=True, exist_ok=True)
    for old in target.glob("*.ts"):
        if old.name not in bindings.files:
            old.unlink()
    for name, text in bindings.files.items():
        path = target / name
        if not path.exists() or path.read_text("utf-8") != text:
            path.write_text(text, "utf-8")
    return bindings


def _job(packages: Mapping[str, str], source: WitSource) -> dict[str, object]:
    return {"packages": packages, "source": source.text, "world": source.world}
