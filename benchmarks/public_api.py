"""Look here if you want to know how the bench uses wasmtime-py's own component API."""

from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

from wasmtime import Engine, Store
from wasmtime.component import (
    Component,
    Linker,
    Record,
    ResourceAny,
    ResourceHost,
    ResourceType,
    Variant,
)

BUILT = Path(__file__).parents[1] / "plugins-wasm"
ANSWER = "hello world"
_BOX, _BODY = 1, 2


def _record(**fields: Any) -> Record:
    record = Record()
    record.__dict__.update(fields)
    return record


class PublicGuest:
    """A component in one instance; the imports of mirror are answered by plain functions."""

    def __init__(self, answer: str = ANSWER, component: str = "mirror") -> None:
        self._engine = Engine()
        self._component = Component(self._engine, (BUILT / f"{component}.wasm").read_bytes())
        self._linker = Linker(self._engine)
        self._linker.allow_shadowing = True
        self._linker.define_unknown_imports_as_traps(self._component)
        self._pieces: dict[int, Iterator[str]] = {}
        if component == "mirror":
            self._define(answer)
        self._store = Store(self._engine)
        self._instance = self._linker.instantiate(self._store, self._component)

    def _define(self, answer: str) -> None:
        with self._linker.root() as root, root.add_instance("lion:test/trade") as trade:
            trade.add_resource("box", ResourceType.host(_BOX), lambda store, rep: None)
            trade.add_resource(
                "body", ResourceType.host(_BODY), lambda store, rep: self._pieces.pop(rep, None)
            )
            trade.add_func("add", lambda store, a, b: a + b & 0xFFFFFFFF)
            trade.add_func("fetch", lambda store, text: answer)
            trade.add_func("send", self._send)
            trade.add_func("[method]body.next", self._next)

    def _send(self, store: Any, request: Any) -> Any:
        rep = len(self._pieces) + 1
        self._pieces[rep] = iter([ANSWER])
        body = ResourceHost.own(rep, _BODY).to_any(store)
        headers = [_record(name="content-type", value="text/plain")]
        return _record(status=200, headers=headers, body=body)

    def _next(self, store: Any, body: ResourceAny, size: int) -> Any:
        return Variant("ok", next(self._pieces[body.to_host(store).rep], None))

    def _func(self, name: str) -> Any:
        found = self._instance.get_func(self._store, name)
        assert found is not None
        return found

    def call(self, name: str, *args: Any) -> Any:
        """One guest call."""
        return self._func(name)(self._store, *args)

    def calls(self, name: str, *args: Any) -> Callable[[int], Awaitable[None]]:
        """Guest calls of an export in the one instance; an export of one value gives it back."""
        function = self._func(name)

        async def work(count: int) -> None:
            for _ in range(count):
                assert function(self._store, *args) == (args[0] if args else None)

        return work

    async def fresh(self, count: int) -> None:
        """A new store and instance for each empty call."""
        for _ in range(count):
            store = Store(self._engine)
            instance = self._linker.instantiate(store, self._component)
            function = instance.get_func(store, "nop")
            assert function is not None
            function(store)

    def loop(self, name: str, *args: Any) -> Callable[[int], Awaitable[Any]]:
        """One guest call that makes `count` host calls. Gives what the export gives."""
        function = self._func(name)

        async def work(count: int) -> Any:
            return function(self._store, count, *args)

        return work
