"""Look here if you want to know how a component's core module is called without a component around
it: for values that no real host would hand over.
"""

from typing import Any

from wasmtime import Config, Engine, Func, Instance, Memory, Module, Store

from tests.wasm.kit import built


def core_module(data: bytes) -> bytes:
    """The first core module in a component: section 1 of its binary."""
    at = 8
    while at < len(data):
        kind, size, shift = data[at], 0, 0
        while True:
            at += 1
            size |= (data[at] & 0x7F) << shift
            shift += 7
            if data[at] < 0x80:
                break
        at += 1
        if kind == 1:
            return data[at : at + size]
        at += size
    raise AssertionError("there is no core module in it")


class Core:
    """The first core module of a component; what it imports does nothing and answers 0."""

    def __init__(self, name: str) -> None:
        self.store = Store(Engine(Config()))
        module = Module(self.store.engine, core_module(built(name)))
        imports = [
            Func(self.store, item.type, lambda *_: None)  # type: ignore[arg-type]
            for item in module.imports
        ]
        self.instance = Instance(self.store, module, imports)
        self.exports = self.instance.exports(self.store)
        memory = self.exports["memory"]
        assert isinstance(memory, Memory)
        self.memory = memory
        if "_initialize" in self.exports:
            self.call("_initialize")

    def call(self, name: str, *args: Any) -> Any:
        """Call a core export."""
        function = self.exports[name]
        assert isinstance(function, Func)
        return function(self.store, *args)

    def give(self, data: bytes, alignment: int = 8) -> int:
        """Put bytes into memory as a host does; the address."""
        at = int(self.call("cabi_realloc", 0, 0, alignment, len(data)))
        self.memory.write(self.store, data, at)
        return at

    def read(self, at: int, size: int) -> bytes:
        """Bytes of its memory."""
        return bytes(self.memory.read(self.store, at, at + size))

    @property
    def pages(self) -> int:
        return self.memory.size(self.store)
