"""Look here if you want to know what the kernel needs from an engine of components."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from types import MappingProxyType
from typing import Any, Final, Protocol

import msgspec

from lion.domain.memory_sum import MemorySum
from lion.domain.plan import Limits
from lion.values.type_notes import TypeNote
from lion.values.wit import Function


class Import(msgspec.Struct, frozen=True):
    """One host function a component imports, for instance interface `lion:host/kv@0.1.0`, name
    `get`.

    A resource's method is named as in the component model: `[method]pending.take`.
    """

    interface: str
    name: str
    type: Function


class ImportSeen(msgspec.Struct, frozen=True, kw_only=True):
    """Anything a component imports, whether it can run here or not: `kind` is function, resource,
    interface (nothing but types in it, without a name), module or component. `interface` is empty
    for what the world itself imports.
    """

    interface: str
    name: str
    kind: str
    is_offered: bool


class JsonTypes(Protocol):
    """What a function takes and gives where no WIT type says it."""

    input_schema: dict[str, Any]
    output_schema: dict[str, Any]
    text: str
    """The types as their language writes them."""

    def read(self, values: Any) -> list[Any]:
        """Arguments by name as they are called with and recorded. Raises JsonMismatch."""
        ...


class Export(msgspec.Struct, frozen=True):
    """One exported function. `name` is the function's own, `interface` empty at the component's
    root. `json` are its types where they are not WIT's (a system plugin's); `notes` what the
    component says of types, any of which may be its own.
    """

    interface: str
    name: str
    type: Function
    docs: str = ""
    json: JsonTypes | None = None
    notes: tuple[TypeNote, ...] = ()


HandleCall = Callable[[int, list[Any]], Awaitable[Any]]
"""Host side of one instance: (index into `Component.imports`, lifted arguments) -> value to
lower.
"""
UNREAD: Final[list[Any]] = []
"""The arguments, this very list, of a call that were too large to be read."""


class Handles(Protocol):
    """The table of one instance's resources: what its reps stand for. Bounded; all closed with the
    instance.
    """

    def add(self, kind: str, thing: Any, close: Callable[[], None] | None = None) -> int:
        """Give `thing` a rep. Raises CallError("exhausted") if the table is full."""
        ...

    def put(
        self, rep: int, kind: str, thing: Any, close: Callable[[], None] | None = None
    ) -> None:
        """Give `thing` the rep that was given before the run was resumed."""
        ...

    def get(self, rep: int, kind: str | None = None) -> Any:
        """What a rep stands for. Raises CallError("not-found") for a forged, dropped or wrong
        one.
        """
        ...

    def all(self, kind: str) -> list[tuple[int, Any]]:
        """What is open of a kind, oldest first, by rep."""
        ...

    def drop(self, rep: int) -> None:
        """Forget and close. Unknown reps are ignored."""
        ...

    def close(self) -> None:
        """Close everything."""
        ...


class CallStats(msgspec.Struct):
    """What one call of an export has used so far, and among whose instances (`memory`) its own is
    counted (None: the engine's alone).
    """

    cpu_ns: int = 0
    host_calls: int = 0
    memory: MemorySum | None = None


class Adapted(msgspec.Struct, frozen=True, kw_only=True):
    """A guest of another kind (`extism`) that became a component.

    `data` are its bytes, made of the original (SHA-256 in hex, size in bytes) and an adapter of
    lion's. `imports` are the original's own, as it names them, each with the host functions behind
    it (`kv.get`).
    """

    data: bytes
    kind: str
    original: str
    size: int
    adapter: bytes
    imports: Mapping[str, tuple[str, ...]]


class Component(Protocol):
    """A component, checked and compiled. Any number of instances may run at once."""

    digest: str
    imports: Sequence[Import]
    exports: Sequence[Export]

    async def call(
        self,
        export: Export,
        args: Sequence[Any],
        handle: HandleCall,
        handles: Handles,
        limits: Limits,
        stats: CallStats,
    ) -> Any:
        """Call an export in a fresh instance, which is gone when this returns, however it does.

        Cancellable at any moment; a deadline is the caller's cancel scope. Exceptions of `handle`
        pass through unchanged and end the instance. Raises GuestError (ending trap, cpu, memory,
        memory-sum, stack, exhausted, world).
        """
        ...


Extensions = Mapping[str, Mapping[str, str]]
"""What components may import beside lion's own: functions with their canonical types
(wit.render_function), by interface with version. One without a version stands for every version,
and whatever its functions are.
"""
NO_EXTENSIONS: Final[Extensions] = MappingProxyType({})


class Runtime(Protocol):
    """The engine: makes components of bytes."""

    engine_digest: str
    wasmtime_version: str

    async def load(
        self, data: bytes, origin: str, extensions: Extensions | None = NO_EXTENSIONS
    ) -> Component:
        """Check and compile (or take from the cache). `origin` names it in errors; `extensions`
        are what it may import beside lion's own interfaces; None: any, where none is executed.

        Raises OperatorError for what is no component, GuestError(ending="world") for an import the
        host does not offer.
        """
        ...

    async def survey(self, data: bytes, origin: str) -> Sequence[ImportSeen]:
        """All that a component imports, also what is not offered.

        Raises OperatorError for what is no component.
        """
        ...


OpenRuntime = Callable[[], AbstractAsyncContextManager[Runtime]]
