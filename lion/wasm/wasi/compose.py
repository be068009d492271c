"""Look here if you want to know how a guest and lion's adapter become one component.

    lion's interfaces -> adapter (exports WASI) -> guest -> what starts its `run` and `handle`

Rule: pure: bytes in, bytes out, and the same ones for the same guest, adapter and interfaces.
"""

from collections.abc import Mapping
from functools import partial
from typing import Final

from lion.errors import GuestError
from lion.wasm.extism.frame import Frame
from lion.wasm.wasi.head import INSTANCE, TYPE, Head, Imported, Reader, copy_type
from lion.wasm.wasi.host import Adapter, base_name
from lion.wasm.wasi.stage import Stage
from lion.wasm.wasi.starter import Starter
from lion.wasm.wasi.table import HANDLER, RUN

VERSION: Final = 2
"""Of the composer: what it makes of the same bytes."""
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
        self._stage = Stage(adapter, needs)
        self._frame = self._stage.frame

    def compose(self) -> bytes:
        """The component. Raises GuestError(ending="world")."""
        f = self._frame
        guest = f.make(f.component(self._guest), self._guest_imports())
        self._export(guest)
        for name, payload in self._head.custom:
            if name not in _NOT_KEPT:
                f.custom(name, payload)
        return f.write()

    def _guest_imports(self) -> dict[str, tuple[int, int]]:
        given: dict[str, tuple[int, int]] = {}
        instances: list[int] = []
        types = _GuestTypes(self._frame, self._head, instances)
        for one in self._head.imports:
            if one.sort == TYPE:
                given[one.name] = (TYPE, types.root(one))
                continue
            number = self._stage.host.get(one.name)
            number = self._stage.wasi(base_name(one.name)) if number is None else number
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
        starter = Starter(self._stage)
        if runs:
            command = f.alias(guest, names[RUN], INSTANCE)
            starter.add_run(partial(self._stage.lower, command, "run"))
        if answers:
            handler = f.alias(guest, names[HANDLER], INSTANCE)
            starter.add_handle(partial(self._stage.lower, handler, "handle"))
        starter.export()

    def _is_initialized(self) -> bool:
        return any(n == "producers" and _INITIALIZED in said for n, said in self._head.custom)


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
