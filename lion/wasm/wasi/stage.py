"""Look here if you want to know what is built before a guest of WASI stands on it: lion's
interfaces and its adapter, with the functions that are not needed closed.

Rule: what is imported of lion is what the guest's own imports need; to the adapter all else is a
function that ends the call.
"""

from collections.abc import Mapping
from typing import Final

from lion.wasm.exits import EXIT
from lion.wasm.extism.binary import Signature, text, vector
from lion.wasm.extism.frame import CORE_FUNC, CORE_MEMORY, Frame
from lion.wasm.wasi import glue
from lion.wasm.wasi.head import FUNC, INSTANCE, Imported
from lion.wasm.wasi.host import TYPES, Adapter, LocalTypes, import_host, joined

_EXIT_TYPE: Final = b"\x42" + vector(
    (b"\x01\x6a\x01\x73\x01\x73", b"\x01\x40" + vector([text("result") + b"\x00"]) + b"\x01\x00",
     b"\x04\x00" + text("finish") + b"\x01\x01")
)  # fmt: skip


class Stage:
    """A component being written, with the adapter in it. `needs` are the functions of lion's that
    the table says, by interface; `memory` and `realloc` are of what crosses between all.
    """

    def __init__(self, adapter: Adapter, needs: Mapping[str, set[str]]) -> None:
        self._adapter = adapter
        self._needs = needs
        self.frame = Frame()
        self.host: dict[str, int] = {}
        self._closed: dict[str, Signature] = {}
        self._wasi: dict[str, int] = {}
        self._build()

    def _build(self) -> None:
        f = self.frame
        for name, one in self._adapter.host.items():
            if name == TYPES or name in self._adapter.imports or self._needs.get(name):
                self._import_host(one)
        exit_ = f.import_instance(EXIT, _EXIT_TYPE)
        self._make_room()
        given = {EXIT: (INSTANCE, exit_)}
        for name, one in self._adapter.imports.items():
            if name != EXIT:
                given[name] = (INSTANCE, self._opened(one))
        self._a = f.make(f.component(self._adapter.data), given)

    def _import_host(self, one: Imported) -> None:
        """Import an interface of lion's with what is needed of it."""
        needed = self._needs.get(one.name, set())
        types = self.host.get(TYPES)
        self.host[one.name] = import_host(self.frame, self._adapter, one, needed, types)

    def _closed_functions(self, one: Imported) -> list[str]:
        return [n for n in one.functions if n not in self._needs.get(one.name, ())]

    def _make_room(self) -> None:
        """The memory for what crosses here, and the code of functions that are closed."""
        f = self.frame
        for name, one in self._adapter.imports.items():
            if name != EXIT:
                for function in self._closed_functions(one):
                    lowered = self._adapter.signatures[name, function]
                    # Its result is put where the caller says; a lifted one says where it is.
                    lifted = Signature(lowered.params[:-1], b"\x7f")
                    self._closed[f"{name} {function}"] = lifted
        self._room = f.instantiate(f.core_module(glue.room(self._closed)), {})
        self.memory = f.core_export(self._room, "memory", CORE_MEMORY)[1]
        self.realloc = f.core_export(self._room, "cabi_realloc", CORE_FUNC)[1]

    def _opened(self, one: Imported) -> int:
        """An interface of lion's as the adapter sees it: some of its functions may be closed."""
        f, instance = self.frame, self.host[one.name]
        closed = self._closed_functions(one)
        if not closed:
            return instance
        whole, types = self._adapter.host[one.name], self.host[TYPES]
        local = LocalTypes(f, self._adapter, whole, instance, types)
        given = {"types": (INSTANCE, types), "host": (INSTANCE, instance)}
        for number, name in enumerate(closed):
            core = f.core_export(self._room, f"{one.name} {name}", CORE_FUNC)[1]
            lifted = f.lift(core, self.memory, self.realloc, local.function(name))
            given[f"closed{number}"] = (FUNC, lifted)
        needed = self._needs.get(one.name, set())
        return f.make(f.component(joined(self._adapter, one, needed, closed)), given)

    def wasi(self, interface: str) -> int:
        """The adapter's instance of an interface without version."""
        if interface not in self._wasi:
            name = self._adapter.exports[interface]
            self._wasi[interface] = self.frame.alias(self._a, name, INSTANCE)
        return self._wasi[interface]

    def lower(self, instance: int, function: str) -> tuple[int, int]:
        """A function of an instance, for a core module that has the memory of what crosses."""
        f = self.frame
        return f.lower(f.function_of(instance, function), self.memory, self.realloc)
