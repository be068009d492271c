"""Look here if you want to know how the bench calls an Extism plug-in that nobody here wrote, by
lion and by its own SDK.

Both make a fresh instance for each call, which reads one setting of its configuration. lion's is
decided and recorded; Extism's runs in a thread, as a program on an event loop has to call it.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import tomli_w
import trio

from benchmarks import extism_guest
from benchmarks.lion_host import open_whole
from benchmarks.measure import Contest, Work
from lion.manifest.parse import parse_manifest
from tests.extism.modules import committed

PLUGIN = committed() / "config.wasm"
SAID = '{"config": "hello"}'
CONFIG = {"thing": "hello"}


def _plan(count: int) -> Any:
    holder = {"component": str(PLUGIN), "config": CONFIG}
    run = [{"call": "config.run-test", "with": {"input": ""}}] * count
    return parse_manifest(
        tomli_w.dumps({"name": "bench", "plugins": {"config": holder}, "run": run}), path=None
    )


def _own_sdk() -> Work:
    import extism  # type: ignore[import-untyped]
    from extism.extism import CompiledPlugin  # type: ignore[import-untyped]

    manifest = {"wasm": [{"path": str(PLUGIN)}], "config": CONFIG}
    compiled = CompiledPlugin(manifest, wasi=True)

    def call() -> bytes:
        found: bytes = extism.Plugin(compiled).call("run_test", b"", bytes)
        return found

    async def work(count: int) -> None:
        for _ in range(count):
            assert (await trio.to_thread.run_sync(call)).decode() == SAID

    return work


@asynccontextmanager
async def _plugin() -> AsyncIterator[dict[str, Work]]:
    async with open_whole() as lion:

        async def work(count: int) -> None:
            report = await lion.host.run(_plan(count))
            assert all(ending.value == SAID for ending in report.endings)

        works: dict[str, Work] = {"lion": work}
        if extism_guest.is_installed():
            works["extism"] = _own_sdk()
        yield works


CONTESTS = (
    Contest(name="extism_plugin", title="an Extism plug-in's call, policed and recorded",
            count=200, open=_plugin,
            note="a module of Extism's go-sdk, a fresh instance each; its own SDK in a thread"),
)  # fmt: skip
