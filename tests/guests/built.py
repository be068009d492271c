"""Look here if you want to know where the built guests and their sources are."""

from functools import cache
from pathlib import Path
from typing import Any

from wasmtime import Config, Engine, Store
from wasmtime.component import Component, Linker

ROOT = Path(__file__).resolve().parents[2]
SOURCES = ROOT / "plugins-src"
BUILT = ROOT / "plugins-wasm"
WAT = SOURCES / "wat"
NOT_GUESTS = {"lion-guest", "extism", "wasi"}
"""A library, and the adapter of Extism plug-ins, a core module."""


def _build_engine() -> Engine:
    config = Config()
    config.cranelift_opt_level = "none"  # nothing here runs long, and all of it is compiled
    return Engine(config)


ENGINE = _build_engine()
NAMES = sorted({path.stem for path in BUILT.glob("*.wasm")} - NOT_GUESTS)


@cache
def component(name: str) -> Component:
    """A component of plugins-wasm, compiled once by an engine without lion's settings."""
    return Component.from_file(ENGINE, str(BUILT / f"{name}.wasm"))


def call(name: str, function: str, *arguments: object) -> object:
    """Call an export of a component whose imports all trap."""
    return Instance(name)(function, *arguments)


class Instance:
    """One instance of a component whose imports all trap, for many calls."""

    def __init__(self, name: str) -> None:
        linker, loaded = Linker(ENGINE), component(name)
        linker.define_unknown_imports_as_traps(loaded)
        self._store = Store(ENGINE)
        self._instance = linker.instantiate(self._store, loaded)

    def __call__(self, function: str, *arguments: object) -> Any:
        found = self._instance.get_func(self._store, function)
        assert found is not None
        return found(self._store, *arguments)


class Fueled:
    """A component whose instructions are counted; its imports all trap."""

    def __init__(self, name: str) -> None:
        config = Config()
        config.consume_fuel = True
        self._engine = Engine(config)
        self._component = Component.from_file(self._engine, str(BUILT / f"{name}.wasm"))
        self._linker = Linker(self._engine)
        self._linker.define_unknown_imports_as_traps(self._component)

    def used(self, function: str, *arguments: object) -> int:
        """How many instructions a call in an instance of its own takes."""
        store = Store(self._engine)
        store.set_fuel(2**60)
        found = self._linker.instantiate(store, self._component).get_func(store, function)
        assert found is not None
        before = store.get_fuel()
        found(store, *arguments)
        return before - store.get_fuel()
