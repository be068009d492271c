"""Look here if you want to know how the bench drives lion's runtime alone: no policy, no log.

Rule: lion makes an instance for each call and has no other way; one instance called again and
again (to time the guest call by itself) is put together here from the runtime's own parts.
"""

import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from lion.domain.plan import Limits
from lion.kernel.handles import HandleTable
from lion.ports import CallStats
from lion.wasm import capi
from lion.wasm.component import INSTANCES, MEMORIES, TABLES, LoadedComponent, _OneCall
from lion.wasm.fiber import Guest
from lion.wasm.freeze import reflect_interfaces
from lion.wasm.offers import Offers
from lion.wasm.runtime import open_runtime

BUILT = Path(__file__).parents[1] / "plugins-wasm"
ANSWER = "hello world"
FOREVER = Limits(deadline_ns=None, cpu_ns=None)


class Host:
    """Answers what mirror and hello import, as shortly as Python can."""

    def __init__(self, names: Sequence[str], answer: str) -> None:
        self._answer = answer
        self._bodies: dict[int, Iterator[str]] = {}
        self._next_rep = 0
        table: dict[str, Callable[..., Any]] = {
            "add": self._add,
            "fetch": self._fetch,
            "send": self._send,
            "[method]body.next": self._next,
            "write": lambda level, message: ("ok", None),
            "get": lambda key: ("ok", None),
        }
        self._functions = [table.get(name) for name in names]

    async def handle(self, index: int, args: list[Any]) -> Any:
        """Answer one call."""
        function = self._functions[index]
        assert function is not None
        return function(*args)

    def drop(self, rep: int) -> None:
        """The guest let go of a body."""
        self._bodies.pop(rep, None)

    def _add(self, a: int, b: int) -> int:
        return a + b & 0xFFFFFFFF

    def _fetch(self, text: str) -> str:
        return self._answer

    def _send(self, request: Any) -> Any:
        self._next_rep += 1
        self._bodies[self._next_rep] = iter([ANSWER])
        headers = [{"name": "content-type", "value": "text/plain"}]
        return "ok", {"status": 200, "headers": headers, "body": self._next_rep}

    def _next(self, rep: int, size: int) -> Any:
        return "ok", next(self._bodies[rep], None)


class _Drops(HandleTable):
    """Handles that only tell the host what was let go."""

    def __init__(self, host: Host) -> None:
        super().__init__(0)
        self.drop = host.drop  # type: ignore[method-assign]


class BareGuest:
    """One component, and one instance of it that stays."""

    def __init__(self, component: LoadedComponent, answer: str) -> None:
        self._component = component
        self._exports = {e.name: e for e in component.exports}
        self._host = Host([i.name for i in component.imports], answer)
        self._drops = _Drops(self._host)

    @asynccontextmanager
    async def staying(self) -> AsyncIterator[None]:
        """The instance lives inside this."""
        shared = self._component._shared
        store = capi.store_new(shared.engine_address, None, None)
        context = capi.store_context(store)
        guest = shared.callbacks.guests[context] = Guest(context)
        try:
            capi.store_limiter(
                store, FOREVER.memory, FOREVER.table_elements, INSTANCES, TABLES, MEMORIES
            )
            capi.yield_at_epoch(context, 1)
            self._one = _OneCall(
                self._component, guest, self._host.handle, self._drops, FOREVER, CallStats()
            )
            await self._one.instantiate(
                self._component._linker_address, self._component._wasm_address
            )
            yield
        finally:
            del shared.callbacks.guests[context]
            capi.store_delete(store)

    async def call(self, name: str, *args: Any) -> Any:
        """Call an export in the instance that stays."""
        export = self._exports[name]
        return await self._one.run(export, self._component._entry(export), args)

    def calls(self, name: str, *args: Any) -> Callable[[int], Awaitable[None]]:
        """Guest calls in the instance that stays; an export of one value gives it back."""

        async def work(count: int) -> None:
            expected = args[0] if args else None
            for _ in range(count):
                assert await self.call(name, *args) == expected

        return work

    async def fresh(self, count: int) -> None:
        """A new instance for each empty call, as lion does it."""
        nop = self._exports["nop"]
        for _ in range(count):
            await self._component.call(
                nop, (), self._host.handle, self._drops, FOREVER, CallStats()
            )

    async def greet(self, count: int) -> None:
        """What lion does for each call of hello's tool: a new instance, two host calls."""
        greet = self._exports["greet"]
        for _ in range(count):
            answer = await self._component.call(
                greet, ("world",), self._host.handle, self._drops, FOREVER, CallStats()
            )
            assert answer == ("ok", "Hello, world!")

    def loop(self, name: str, *args: Any) -> Callable[[int], Awaitable[Any]]:
        """One guest call that makes `count` host calls. Gives what the export gives."""

        async def work(count: int) -> Any:
            return await self.call(name, count, *args)

        return work


@asynccontextmanager
async def open_bare(name: str = "mirror", answer: str = ANSWER) -> AsyncIterator[BareGuest]:
    """A runtime with one of the built components, offered exactly what it imports."""
    data = (BUILT / f"{name}.wasm").read_bytes()
    with tempfile.TemporaryDirectory() as folder:
        offers = Offers(reflect_interfaces(data))
        async with open_runtime(Path(folder) / "cache", offers=offers) as runtime:
            guest = BareGuest(await runtime.load(data, name), answer)
            async with guest.staying():
                yield guest
