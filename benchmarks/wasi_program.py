"""Look here if you want to know how the bench runs a program for WASI that reads and writes files,
by lion and by wasmtime's own WASI.

Both make a fresh instance for each run. lion's calls are decided and recorded, and durable before
they change anything; wasmtime's are neither.
"""

import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import tomli_w
import trio
from wasmtime import Config, Engine, Store, WasiConfig
from wasmtime import component as reference

from benchmarks.lion_host import open_whole
from benchmarks.measure import Contest, Work
from lion.manifest.parse import parse_manifest
from tests.wasi.kit import program

MIB = 1024 * 1024
TOOL = program("tool")


def _plan(folder: Path, args: list[str], count: int) -> Any:
    mount = {"path": "/d", "at": str(folder), "write": True}
    holder = {"component": str(TOOL), "args": args, "allow": {"fs": [mount]}}
    run = [{"call": "tool.main", "with": {"input": "", "args": []}}] * count
    tables = {"name": "bench", "plugins": {"tool": holder}, "run": run}
    return parse_manifest(tomli_w.dumps(tables), path=None)


def _own_wasi(folder: Path, args: list[str]) -> Work:
    engine = Engine(Config())
    component = reference.Component.from_file(engine, str(TOOL))
    linker = reference.Linker(engine)
    linker.add_wasip2()
    (of,) = [n for n in component.type.exports(engine) if n.startswith("wasi:cli/run@")]
    where: Any = component.get_export_index("run", component.get_export_index(of))

    def once() -> None:
        config = WasiConfig()
        config.argv = ["tool", *args]
        config.preopen_dir(str(folder), "/d")
        store = Store(engine)
        store.set_wasi(config)
        function = linker.instantiate(store, component).get_func(store, where)
        assert function is not None
        function(store)

    async def work(count: int) -> None:
        for _ in range(count):
            await trio.to_thread.run_sync(once)

    return work


def _contest(
    args: list[str], content: bytes
) -> Callable[[], AbstractAsyncContextManager[dict[str, Work]]]:
    @asynccontextmanager
    async def open_() -> AsyncIterator[dict[str, Work]]:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            (folder / "file").write_bytes(content)
            async with open_whole() as lion:

                async def work(count: int) -> None:
                    report = await lion.host.run(_plan(folder, args, count))
                    assert all(ending.ok for ending in report.endings)

                yield {"lion": work, "wasmtime-py": _own_wasi(folder, args)}

    return open_


_TEXT = b"All the lions of the park sleep now.\n" * (MIB // 37)
CONTESTS = (
    Contest(name="wasi_start", title="a program for WASI that says one line", count=50,
            open=_contest(["show"], b""),
            note="a fresh instance each; policed and recorded; wasmtime in a thread"),
    Contest(name="wasi_read", title="WASI: 1 MiB of text read", count=20,
            open=_contest(["read", "/d/file"], _TEXT), byte_count=MIB,
            note="policed and recorded, by a fresh instance of Rust's standard library"),
    Contest(name="wasi_bytes", title="WASI: 1 MiB of bytes read", count=20,
            open=_contest(["read", "/d/file"], bytes(range(256)) * 4096), byte_count=MIB),
    Contest(name="wasi_write", title="WASI: 1 MiB written", count=10,
            open=_contest(["write", "/d/new", str(MIB)], b""), byte_count=MIB,
            note="policed, recorded and durable, in pieces of 64 KiB"),
)  # fmt: skip
