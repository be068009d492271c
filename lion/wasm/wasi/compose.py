"""Look here if you want to know how a guest and lion's adapter become one component.

    lion's interfaces -> adapter (exports WASI) -> guest -> what starts its `run` and `handle`

Rule: pure: bytes in, bytes out, and the same ones for the same guest, adapter and interfaces.
Rule: what is imported of lion is what the guest's own imports need; to the adapter all else is a
function that ends the call.
"""

from collections.abc import Mapping
from typing import Final

from lion.errors import GuestError
from lion.wasm.exits import EXIT
from lion.wasm.extism.binary import Signature, signed, text, vector
from lion.wasm.extism.frame import CORE_FUNC, CORE_MEMORY, Frame
from lion.wasm.wasi import glue
from lion.wasm.wasi.head import FUNC, INSTANCE, TYPE, Head, Imported, Reader, copy_type
from lion.wasm.wasi.host import TYPES, Adapter, LocalTypes, base_name, import_host, joined
from lion.wasm.wasi.table import HANDLER, RUN

VERSION: Final = 2
"""Of the composer: what it makes of the same bytes."""
_PROGRAM, _SERVER = "lion:guest/program@0.1.0", "lion:guest/server@0.1.0"
_EXIT_TYPE: Final = b"\x42" + vector(
    (b"\x01\x6a\x01\x73\x01\x73", b"\x01\x40" + vector([text("result") + b"\x00"]) + b"\x01\x00",
     b"\x04\x00" + text("finish") + b"\x01\x01")
)  # fmt: skip
_INITIALIZED: Final = b"component-init-transform"
_INITIALIZER: Final = "exports"
"""What componentize-py began a component with, by its builder's tool, and left in it: who calls
that again has none.
"""
_NOT_KEPT: Final = frozenset(("component-name", "name", "producers"))


class Composition:
    """One guest being composed. `needs` are the functions of lion's that the table says, by
    interface.
    """

    def __init__(
        self, guest: bytes, head: Head, adapter: Adapter, needs: Mapping[str, set[str]]
    ) -> None:
        self._guest = guest
        self._head = head
        self._adapter = adapter
        self._needs = needs
        self._frame = Frame()
        self._host: dict[str, int] = {}
        self._closed: dict[str, Signature] = {}
        self._wasi: dict[str, int] = {}

    def compose(self) -> bytes:
        """The component. Raises GuestError(ending="world")."""
        f = self._frame
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
        guest = f.make(f.component(self._guest), self._guest_imports())
        self._export(guest)
        for name, payload in self._head.custom:
            if name not in _NOT_KEPT:
                f.custom(name, payload)
        return f.write()

    def _import_host(self, one: Imported) -> None:
        """Import an interface of lion's with what is needed of it."""
        needed = self._needs.get(one.name, set())
        types = self._host.get(TYPES)
        self._host[one.name] = import_host(self._frame, self._adapter, one, needed, types)

    def _closed_functions(self, one: Imported) -> list[str]:
        return [n for n in one.functions if n not in self._needs.get(one.name, ())]

    def _make_room(self) -> None:
        """The memory for what crosses here, and the code of functions that are closed."""
        f = self._frame
        for name, one in self._adapter.imports.items():
            if name != EXIT:
                for function in self._closed_functions(one):
                    lowered = self._adapter.signatures[name, function]
                    # Its result is put where the caller says; a lifted one says where it is.
                    lifted = Signature(lowered.params[:-1], b"\x7f")
                    self._closed[f"{name} {function}"] = lifted
        self._room = f.instantiate(f.core_module(glue.room(self._closed)), {})
        self._memory = f.core_export(self._room, "memory", CORE_MEMORY)[1]
        self._realloc = f.core_export(self._room, "cabi_realloc", CORE_FUNC)[1]

    def _opened(self, one: Imported) -> int:
        """An interface of lion's as the adapter sees it: some of its functions may be closed."""
        f, instance = self._frame, self._host[one.name]
        closed = self._closed_functions(one)
        if not closed:
            return instance
        whole, types = self._adapter.host[one.name], self._host[TYPES]
        local = LocalTypes(f, self._adapter, whole, instance, types)
        given = {"types": (INSTANCE, types), "host": (INSTANCE, instance)}
        for number, name in enumerate(closed):
            core = f.core_export(self._room, f"{one.name} {name}", CORE_FUNC)[1]
            lifted = f.lift(core, self._memory, self._realloc, local.function(name))
            given[f"closed{number}"] = (FUNC, lifted)
        needed = self._needs.get(one.name, set())
        return f.make(f.component(joined(self._adapter, one, needed, closed)), given)

    def _wasi_instance(self, interface: str) -> int:
        if interface not in self._wasi:
            name = self._adapter.exports[interface]
            self._wasi[interface] = self._frame.alias(self._a, name, INSTANCE)
        return self._wasi[interface]

    def _guest_imports(self) -> dict[str, tuple[int, int]]:
        given: dict[str, tuple[int, int]] = {}
        instances: list[int] = []
        types = _GuestTypes(self._frame, self._head, instances)
        for one in self._head.imports:
            if one.sort == TYPE:
                given[one.name] = (TYPE, types.root(one))
                continue
            number = self._host.get(one.name)
            number = self._wasi_instance(base_name(one.name)) if number is None else number
            instances.append(number)
            given[one.name] = (INSTANCE, number)
        return given

    def _export(self, guest: int) -> None:
        f = self._frame
        names = {base_name(name): name for name, sort in self._head.exports if sort == INSTANCE}
        left = {RUN, HANDLER, *((_INITIALIZER,) if self._is_initialized() else ())}
        for name, sort in self._head.exports:
            if base_name(name) not in left:
                f.export(name, sort, f.alias(guest, name, sort))
        runs, answers = RUN in names, HANDLER in names
        taken = {name for name, _ in self._head.exports}
        if taken & {*(("run", "main") if runs else ()), *(("handle",) if answers else ())}:
            raise GuestError(
                "it exports a function with the name of its program's", ending="world"
            )
        if not (runs or answers):
            return
        core = {"memory": (CORE_MEMORY, self._memory)}
        if runs:
            inner = f.alias(guest, names[RUN], INSTANCE)
            core |= self._lowered(
                _PROGRAM, {"begin": "begin", "end": "end", "end-agent": "end-agent"}
            )
            core["run"] = f.lower(f.function_of(inner, "run"), self._memory, self._realloc)
        if answers:
            inner = f.alias(guest, names[HANDLER], INSTANCE)
            core |= self._lowered(_SERVER, {"come": "begin", "answer": "end"})
            core["handle"] = f.lower(f.function_of(inner, "handle"), self._memory, self._realloc)
        module = f.core_module(glue.starter(runs=runs, answers=answers))
        made = f.instantiate(module, {"": f.bundle(core)})
        if runs:
            self._lift(made, "run", self._agent_type())
            self._lift(made, "main", self._main_type())
        if answers:
            self._lift(made, "handle", self._handle_type())

    def _is_initialized(self) -> bool:
        return any(n == "producers" and _INITIALIZED in said for n, said in self._head.custom)

    def _lowered(self, interface: str, names: Mapping[str, str]) -> dict[str, tuple[int, int]]:
        f, instance = self._frame, self._wasi_instance(base_name(interface))
        return {
            name: f.lower(f.function_of(instance, function), self._memory, self._realloc)
            for name, function in names.items()
        }

    def _lift(self, made: int, name: str, kind: int) -> None:
        f = self._frame
        core = f.core_export(made, name, CORE_FUNC)[1]
        f.export_function(name, f.lift(core, self._memory, self._realloc, kind))

    def _agent_type(self) -> int:
        f, types = self._frame, self._host[TYPES]
        output, error = f.type_of(types, "output"), f.type_of(types, "error")
        result = f.type(b"\x6a\x01" + signed(output) + b"\x01" + signed(error))
        return f.type(b"\x40" + vector([text("task") + b"\x73"]) + b"\x00" + signed(result))

    def _main_type(self) -> int:
        f = self._frame
        args, result = f.type(b"\x70\x73"), f.type(b"\x6a\x01\x73\x01\x73")
        params = vector([text("input") + b"\x73", text("args") + signed(args)])
        return f.type(b"\x40" + params + b"\x00" + signed(result))

    def _handle_type(self) -> int:
        f, server = self._frame, self._wasi_instance(base_name(_SERVER))
        request = f.export("request", TYPE, f.type_of(server, "request"))
        response = f.export("response", TYPE, f.type_of(server, "response"))
        result = f.type(b"\x6a\x01" + signed(response) + b"\x01\x73")
        params = vector([text("request") + signed(request)])
        return f.type(b"\x40" + params + b"\x00" + signed(result))


class _GuestTypes:
    """Types that a guest's world has at its root, made again outside of it."""

    def __init__(self, frame: Frame, head: Head, instances: list[int]) -> None:
        self._frame = frame
        self._head = head
        self._instances = instances
        self._made: dict[int, int] = {}

    def root(self, one: Imported) -> int:
        """One that is imported by name. Its name is said again, as outside it needs one."""
        number = one.type
        while isinstance(self._head.types[number], int):
            number = self._head.types[number]
        made = self._make(number)
        if isinstance(self._head.types[number], bytes):
            made = self._made[number] = self._frame.import_type(one.name, made)
        return made

    def _make(self, number: int) -> int:
        if number not in self._made:
            match self._head.types[number]:
                case int(same):
                    return self._make(same)
                case bytes(definition):
                    made = self._frame.type(copy_type(Reader(definition), self._make))
                case (int(instance), str(name)):
                    made = self._frame.alias(self._instances[instance], name, TYPE)
                case _:
                    raise GuestError("it imports a type that cannot be carried", ending="world")
            self._made[number] = made
        return self._made[number]
