"""Look here if you want to know what the kernel needs from the machine rooms: the Protocols it is built against.

Rule: nothing here does anything; wasm, capabilities and audit implement it, kernel uses it, host.py joins them.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from enum import Enum
from typing import Any, Protocol, TypeVar

import msgspec

from lion.domain.call import Effect
from lion.domain.event import AgentPartialOutput, CallFinished, Draft, Record
from lion.domain.plan import Grant, Limits
from lion.domain.wit import Function

T = TypeVar("T")

# --- the log ---------------------------------------------------------------------------------------------------


class RunSummary(msgspec.Struct, frozen=True):
    """One run of a log. `exit_code` is None while it has no RunFinished; `is_live` if its owner still holds the lock."""

    run: str
    manifest_name: str
    started_ns: int
    records: int
    exit_code: int | None
    is_live: bool


class VerifyReport(msgspec.Struct, frozen=True):
    """A run that verifies: how many records, whether RunFinished is the last, the last record's digest in hex.

    A run that is not finished is no fault: the report says how far it got.
    """

    run: str
    records: int
    finished: bool
    head: str


class BudgetUse(msgspec.Struct, frozen=True):
    """How far a budget of a holder is used, as last noted in the log."""

    holder: str
    budget: str
    limit: int
    used: int


class Tables(Protocol):
    """The key-value tables of the log's database, inside one transaction. Synchronous; values are text."""

    def kv_get(self, namespace: str, key: str) -> str | None: ...
    def kv_set(self, namespace: str, key: str, value: str) -> None: ...
    def kv_delete(self, namespace: str, key: str) -> bool: ...
    def kv_list(self, namespace: str, prefix: str, after: str | None, limit: int) -> list[str]: ...
    def kv_bytes(self, namespace: str) -> int:
        """The sum of all keys and values of the namespace, in bytes of UTF-8."""
        ...


class EventLog(Protocol):
    """An open, append-only log with one writer. Every method may raise AuditError once the log has refused a write."""

    async def start_run(self, run: str, manifest_name: str) -> None:
        """Become the run's only writer until the log is closed; must come before its first append.

        Raises OperatorError if another process owns the run, AuditError if the run has ended.
        """
        ...

    @property
    def is_full(self) -> bool:
        """The buffer has reached its bound: callers should `await wait_room()` before they append more."""
        ...

    def append(self, draft: Draft) -> None:
        """Join the buffer; never waits. Raises AuditError if the log has failed, is closed, or the run's quota is used up."""
        ...

    async def wait_room(self) -> None:
        """Wait until the buffer is below its bound."""
        ...

    async def commit(self) -> None:
        """Wait until everything appended so far is durable."""
        ...

    async def transact(self, operate: Callable[[Tables], T], draft: Callable[[T], Draft]) -> T:
        """Run `operate` and append `draft(its value)` in one transaction, in the order of the buffer; wait for it."""
        ...

    def note_budget(self, run: str, holder: str, budget: str, limit: int, used: int) -> None:
        """Remember how far a budget is used; written in the transaction of the records around it."""
        ...

    async def put_blob(self, data: bytes) -> str:
        """Store bytes by their SHA-256 (hex), once; wait until durable."""
        ...

    def subscribe(self, run: str, after: int = 0) -> AsyncIterator[Record]:
        """Committed records of a run in order, from seq `after` + 1, as they come; ends after RunFinished or close."""
        ...


class LogReader(Protocol):
    """A log opened for reading only; also while its owner writes."""

    def runs(self) -> list[RunSummary]:
        """Oldest first."""
        ...

    def find(self, run: str) -> str:
        """The id for an id, a unique prefix of one, or `last`. Raises OperatorError if there is none or several."""
        ...

    def records(self, run: str, after: int = 0) -> Iterator[Record]:
        """Records of a run in order of seq."""
        ...

    def blob(self, digest: str) -> bytes:
        """Bytes by digest. Raises AuditError if missing or changed."""
        ...

    def budgets(self, run: str) -> list[BudgetUse]:
        """Budgets of a run, sorted by holder and name."""
        ...

    def verify(self, run: str) -> VerifyReport:
        """Check every record of a run (id in full) and the components it names.

        Raises AuditError for the first fault, with facts run, seq and fault; OperatorError for an unknown run.
        """
        ...


# --- components ------------------------------------------------------------------------------------------------


class Import(msgspec.Struct, frozen=True):
    """One host function a component imports, for instance interface `lion:host/kv@0.1.0`, name `get`.

    A resource's method is named as in the component model: `[method]pending.take`.
    """

    interface: str
    name: str
    type: Function


class Export(msgspec.Struct, frozen=True):
    """One exported function. `name` is the function's own, `interface` empty at the component's root."""

    interface: str
    name: str
    type: Function
    docs: str = ""


HandleCall = Callable[[int, list[Any]], Awaitable[Any]]
"""Host side of one instance: (index into `Component.imports`, lifted arguments) -> value to lower."""


class Handles(Protocol):
    """The table of one instance's resources: what its reps stand for. Bounded; all closed with the instance."""

    def add(self, kind: str, thing: Any, close: Callable[[], None] | None = None) -> int:
        """Give `thing` a rep. Raises CallError("exhausted") if the table is full."""
        ...

    def get(self, rep: int, kind: str | None = None) -> Any:
        """What a rep stands for. Raises CallError("not-found") for a forged, dropped or wrong one."""
        ...

    def drop(self, rep: int) -> None:
        """Forget and close. Unknown reps are ignored."""
        ...

    def close(self) -> None:
        """Close everything."""
        ...


class CallStats(msgspec.Struct):
    """What one call of an export has used so far."""

    cpu_ns: int = 0
    host_calls: int = 0


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

        Cancellable at any moment; a deadline is the caller's cancel scope. Exceptions of `handle` pass through unchanged
        and end the instance. Raises GuestError (ending trap, cpu, memory, stack, exhausted, world).
        """
        ...


class Runtime(Protocol):
    """The engine: makes components of bytes."""

    engine_digest: str
    wasmtime_version: str

    async def load(self, data: bytes, origin: str) -> Component:
        """Check and compile (or take from the cache). `origin` names it in errors.

        Raises OperatorError for what is no component, GuestError(ending="world") for an import the host does not offer.
        """
        ...


OpenRuntime = Callable[[], AbstractAsyncContextManager[Runtime]]

# --- executors -------------------------------------------------------------------------------------------------


class Clock(Protocol):
    """Where times come from: nanoseconds since 1970 (UTC), and since the run's start."""

    def now_ns(self) -> int: ...
    def monotonic_ns(self) -> int: ...


class Waitable(Protocol):
    """What a handle given to `poll` stands for. Everything in a `Handles` table that a guest can name is one."""

    @property
    def is_ready(self) -> bool:
        """Asking for it now would not wait. A failure or a cancellation is ready too."""
        ...

    async def wait_ready(self) -> None:
        """Wait until `is_ready`. Never raises but when it is cancelled itself."""
        ...


class Tools(Protocol):
    """How an executor reaches other plugins' tools on behalf of its caller."""

    def list_tools(self) -> list[dict[str, str]]:
        """Records of `tools.tool` the caller may call, sorted by name."""
        ...

    async def call(self, name: str, arguments: str) -> str:
        """JSON in, JSON out. Raises CallError."""
        ...

    def start(self, name: str, arguments: str) -> "PendingCall":
        """Begin a call. Raises CallError("exhausted") beyond the holder's limit."""
        ...


class PendingCall(Waitable, Protocol):
    """A tool call under way."""

    async def take(self) -> str:
        """Wait for the result. Raises CallError: the tool's, or `invalid` the second time."""
        ...

    def cancel(self) -> None: ...


class Caller(Protocol):
    """What an executor sees of the invocation that calls it."""

    run: str
    holder: str
    namespace: str
    """Manifest name and holder: where kv is kept."""
    config: Mapping[str, Any]
    handles: Handles
    clock: Clock
    tools: Tools

    def grants(self, capability: str) -> Sequence[Grant]: ...


class Kind(Enum):
    """How an executor is run."""

    INSTANT = "instant"
    """`execute(caller, *args) -> value`, returns at once."""
    WAITING = "waiting"
    """`await execute(caller, *args) -> value`."""
    STORED = "stored"
    """`execute(tables, caller, *args) -> value`, inside the transaction that records it."""


class Operation(msgspec.Struct, frozen=True):
    """One host function as the broker knows it.

    `name` is the WIT name, `pending.take` for a method. `execute` returns the value of the `ok` case or raises CallError.
    `target` says what a call is about, from its arguments. `event` is the type of its single record.
    `output_bytes` says what a call takes of the `output` budget, from its arguments (None: nothing).
    """

    capability: str
    name: str
    kind: Kind
    execute: Callable[..., Any]
    target: Callable[[list[Any]], str] | None = None
    effect: Effect = Effect.NONE
    event: type[CallFinished] = CallFinished
    output_bytes: Callable[[list[Any]], int] | None = None


OUTPUT_EVENT: type[CallFinished] = AgentPartialOutput
