"""Look here if you want to know how a test runs a program for WASI, here and under wasmtime."""

from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Any

import tomli_w
from wasmtime import (
    Config,
    Engine,
    ExitTrap,
    Func,
    Linker,
    Module,
    Store,
    Trap,
    WasiConfig,
    WasmtimeError,
)
from wasmtime import component as reference

from lion.manifest.parse import parse_manifest
from lion.review.report import RunReport
from tests.attack.kit import Arena

PROGRAMS = Path(__file__).parent / "programs"


def program(name: str) -> Path:
    """A committed component."""
    return PROGRAMS / f"{name}.wasm"


def mount(at: Path, *, path: str = "/d", write: bool = True) -> dict[str, Any]:
    """The grant of a directory."""
    return {"path": path, "at": str(at), "write": write}


def manifest(
    name: str, call: Mapping[str, Any], *, tool: str = "main", **holder: Any
) -> dict[str, Any]:
    """One call of a program."""
    table = {"component": str(program(name)), **holder}
    run = {"call": f"x.{tool}", "with": dict(call)}
    return {"name": "wasi", "plugins": {"x": table}, "run": [run]}


async def run(arena: Arena, name: str, *args: str, given: str = "", **holder: Any) -> RunReport:
    """Run a program with arguments and an input."""
    call = {"input": given, "args": list(args)}
    return await run_tables(arena, manifest(name, call, **holder))


async def run_tables(arena: Arena, tables: Mapping[str, Any]) -> RunReport:
    return await arena.host.run(parse_manifest(tomli_w.dumps(tables), path=None))


def by_wasmtime(
    name: str,
    *args: str,
    folder: Path,
    given: bytes = b"",
    mounts: Mapping[str, Path] = {},
    env: Iterable[tuple[str, str]] = (),
) -> tuple[bytes, bool]:
    """What a program writes by wasmtime's own WASI, and whether it succeeded."""
    config, written = _configured(args, folder, given, mounts, env)
    quickly = Config()
    quickly.cranelift_opt_level = "none"  # what a program says is the same
    engine = Engine(quickly)
    store = Store(engine)
    store.set_wasi(config)
    linker = reference.Linker(engine)
    linker.add_wasip2()
    component = reference.Component.from_file(engine, str(program(name)))
    instance = linker.instantiate(store, component)
    (of,) = [n for n in component.type.exports(engine) if n.startswith("wasi:cli/run@")]
    where: Any = component.get_export_index("run", component.get_export_index(of))
    function = instance.get_func(store, where)
    assert function is not None
    ok = True
    try:
        ok = getattr(function(store), "tag", "ok") == "ok"
    except Exception:  # noqa: BLE001 - an exit is a trap there
        ok = False
    return written.read_bytes(), ok


def by_wasmtime_preview1(
    name: str,
    *args: str,
    folder: Path,
    given: bytes = b"",
    mounts: Mapping[str, Path] = {},
    env: Iterable[tuple[str, str]] = (),
) -> tuple[bytes, bool]:
    """The same of a program for preview 1."""
    config, written = _configured(args, folder, given, mounts, env)
    engine = Engine(Config())
    store = Store(engine)
    store.set_wasi(config)
    linker = Linker(engine)
    linker.define_wasi()
    module = Module.from_file(engine, str(program(name)))
    start = linker.instantiate(store, module).exports(store)["_start"]
    assert isinstance(start, Func)
    ok = True
    try:
        start(store)
    except ExitTrap as ended:
        ok = ended.code == 0
    except (Trap, WasmtimeError):
        ok = False
    return written.read_bytes(), ok


def _configured(
    args: Iterable[str],
    folder: Path,
    given: bytes,
    mounts: Mapping[str, Path],
    env: Iterable[tuple[str, str]],
) -> tuple[WasiConfig, Path]:
    read, written = folder / "stdin", folder / "stdout"
    read.write_bytes(given)
    config = WasiConfig()
    config.argv = ["x", *args]
    config.env = list(env)
    config.stdin_file = read
    config.stdout_file = str(written)
    for path, at in mounts.items():
        config.preopen_dir(str(at), path)
    return config, written


def granted(names: Collection[str], at: Path) -> dict[str, Any]:
    """What a holder's table says that is granted these of `fs`, `output`, `log`, ..."""
    default = ("output", "log", "clock", "random", "poll", "process")
    table: dict[str, Any] = {"deny": [name for name in default if name not in names]}
    if "fs" in names:
        table["allow"] = {"fs": [mount(at)]}
    return table
