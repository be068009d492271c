"""Look here if you want to know how the runtime's tests call components without kernel, policy or
log.
"""

import os
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from typing import Any

from lion.domain.plan import Limits
from lion.kernel.handles import HandleTable
from lion.ports import CallStats
from lion.wasm.component import LoadedComponent
from lion.wasm.freeze import reflect_interfaces
from lion.wasm.offers import Offers
from lion.wasm.runtime import WasmRuntime, open_runtime

ROOT = Path(__file__).parents[2]
BUILT = ROOT / "plugins-wasm"
WAT = ROOT / "plugins-src" / "wat"

Answer = Callable[[str, list[Any]], Awaitable[Any]]


def built(name: str) -> bytes:
    """The bytes of a committed component."""
    return (BUILT / f"{name}.wasm").read_bytes()


def assemble(text: str) -> bytes:
    """The binary of a component or module written as text."""
    from wasmtime import wat2wasm

    return bytes(wat2wasm(text))


@cache
def everything_of(data: bytes) -> Offers:
    """Offers exactly what a component imports."""
    return Offers(reflect_interfaces(data))


async def refuse(name: str, args: list[Any]) -> Any:
    """Answers nothing: for components that should not call."""
    raise AssertionError(f"unexpected host call {name}{tuple(args)}")


class Bench:
    """One component and a host made of a function."""

    def __init__(self, runtime: WasmRuntime, component: LoadedComponent) -> None:
        self.runtime = runtime
        self.component = component
        self.exports = {e.name: e for e in component.exports}
        self.names = [i.name for i in component.imports]
        self.stats = CallStats()

    async def call(
        self,
        name: str,
        *args: Any,
        answer: Answer = refuse,
        limits: Limits = Limits(),  # noqa: B008 - frozen
        handles: HandleTable | None = None,
    ) -> Any:
        """Call an export in a fresh instance."""

        async def handle(index: int, given: list[Any]) -> Any:
            return await answer(self.names[index], given)

        table = HandleTable(limits.handles) if handles is None else handles
        self.stats = CallStats()
        return await self.component.call(
            self.exports[name], args, handle, table, limits, self.stats
        )


def cache_directory() -> Path:
    """The cache of all tests (see tests/conftest.py), as `Settings.cache` has it."""
    return Path(os.environ["LION_TEST_CACHE"])


@asynccontextmanager
async def open_bench(
    data: bytes,
    *,
    offers: Offers | None = None,
    instances: int | None = None,
    memory: int | None = None,
) -> AsyncIterator[Bench]:
    """A runtime with one component loaded; by default everything it imports is offered."""
    known = everything_of(data) if offers is None else offers
    async with open_runtime(
        cache_directory() / "components", offers=known, instances=instances, memory=memory
    ) as runtime:
        yield Bench(runtime, await runtime.load(data, "test.wasm"))


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which this share of the values lies."""
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]
