"""Look here if you want to know what an executor of a host function is, and what it sees."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from enum import Enum, StrEnum
from typing import Any, Protocol

import msgspec

from lion.domain.approval import Body
from lion.domain.call import Decision, Effect, Target
from lion.domain.denial import LastDenial
from lion.domain.events import AgentPartialOutput, CallFinished, Event
from lion.domain.plan import Grant, Program
from lion.ports.components import Handles
from lion.ports.messages import Messages
from lion.ports.pending import Jobs, PendingCall, Spawner


class Clock(Protocol):
    """Where times come from: nanoseconds since 1970 (UTC), and since the run's start."""

    def now_ns(self) -> int: ...
    def monotonic_ns(self) -> int: ...


class Tools(Protocol):
    """How an executor reaches other plugins' tools on behalf of its caller."""

    async def list_tools(self) -> list[dict[str, str]]:
        """Records of `tools.tool` the caller may call, sorted by name."""
        ...

    async def call(self, name: str, arguments: str) -> str:
        """JSON in, JSON out. Raises CallError."""
        ...

    def start(self, name: str, arguments: str) -> "PendingCall":
        """Begin a call. Raises CallError("exhausted") beyond the holder's limit."""
        ...

    def recall(self, name: str, arguments: str) -> "PendingCall":
        """A call that was begun before the run was resumed; it goes on when its caller does."""
        ...


class Services(Protocol):
    """What the host opened for the executors of a run; which they are, only executors know."""

    def scrub(self, text: str) -> str:
        """The text with the values of the run's secrets starred out."""
        ...

    @property
    def directories(self) -> Mapping[str, Mapping[str, str]]:
        """Where granted directories really are: by holder, by the guest's path."""
        ...


class CallContext(Protocol):
    """What an executor sees of the invocation that calls it."""

    run: str
    path: str
    """The invocation's place in the tree of calls."""
    holder: str
    namespace: str
    """Owner and holder: where kv is kept."""
    config: Mapping[str, Any]
    program: Program
    """How it was started."""
    handles: Handles
    clock: Clock
    tools: Tools
    jobs: Jobs
    spawner: Spawner
    messages: Messages
    heard_before: Callable[[str], None] | None
    """Who is told what it showed before its run was resumed."""
    number: int
    """The ordinal of the call that is being executed."""
    target: Target
    """What that call is about."""
    grant: Grant | None
    """What allowed it; None if it is granted by default."""
    asked_later: int
    """The last call that a person has to approve before it acts: see `Operation.later`."""
    revivals: list[Callable[[], Callable[[], None] | None]]
    """What goes on beside a guest that was resumed, once it does itself: each is asked, and gives
    what begins it once all that was recorded is durable (None: nothing does).
    """
    denial: LastDenial | None
    """What the last call of this instance that was denied lacked."""
    services: Services
    kept: dict[str, Any] | None
    """What an executor leaves to be recorded with the outcome, for who goes on with the run."""

    def grants(self, capability: str) -> Sequence[Grant]:
        """This holder's grants of a capability, to list them. Whether one covers a call was
        decided: see `grant`.
        """
        ...

    def start_task(self, work: Callable[..., Awaitable[Any]], *args: Any) -> None:
        """Run work beside the guest; cancelled with the instance. Only for operations that say
        `spawns`.
        """
        ...

    def foresee(self, capability: str, operation: str, target: Target) -> Decision:
        """What would be decided of a call, for a list of what there is. Nothing is recorded, and
        nobody is asked: what needs an approval is allowed where somebody may give it.
        """
        ...

    async def may(
        self, call: int, capability: str, operation: str, target: Target,
        args: list[Any] | None = None, body: Body | None = None, *, is_beside: bool = False,
    ) -> Decision:  # fmt: skip
        """Decide a further target of a call under way (a redirect), through the same policy as
        the call's own; or a call that was `asked_later`, once its arguments and what follows them
        (`body`) are there. `is_beside`: the guest goes on meanwhile. The decision is durable
        when this returns.
        """
        ...

    def refuse(
        self, call: int, capability: str, operation: str, target: Target, reason: str
    ) -> None:
        """Record that a call that was allowed led to what nobody may reach: an address, a link
        out. The guest is told by the CallError that the executor raises.
        """
        ...

    def note(self, event: Event, call: int) -> None:
        """Append a record about one of its calls."""
        ...

    def spend(self, budget: str, limit: int, amount: int) -> None:
        """Take `amount` of a budget of this holder's in this run, negative to give back.

        Warns once at 80 %. Raises CallError("exhausted") and takes nothing if it would pass
        `limit`.
        """
        ...

    def charge(self, budget: str, limit: int, amount: int) -> None:
        """Count what has been used already, also beyond `limit`; negative to give back."""
        ...

    def hold_reserved(self) -> Callable[[], None]:
        """What the call under way has taken goes on beside it: if the process dies before what
        this gives is called, it is known to be reserved only.
        """
        ...

    def free_reserved(self, call: int) -> None:
        """Give back what a call of before the run was resumed had reserved only."""
        ...

    def left(self, budget: str, limit: int) -> int:
        """How much `spend` would still give; never negative."""
        ...


class Kind(Enum):
    """How an executor is run."""

    INSTANT = "instant"
    """`execute(caller, *args) -> value`, returns at once."""
    WAITING = "waiting"
    """`await execute(caller, *args) -> value`."""
    STORED = "stored"
    """`execute(tables, caller, *args) -> value`, inside the transaction that records it."""


class Again(StrEnum):
    """What is done about a call that was begun and has no outcome, when its run goes on."""

    AGAIN = "again"
    DONE = "done"
    """It had happened."""
    UNKNOWN = "unknown"


class Fate(msgspec.Struct, frozen=True):
    """What is done about such a call, by which rule (docs/resume.md), and why; `value` is what it
    gives the guest if it is done, `found` what was there.
    """

    decided: Again
    rule: str
    reason: str
    value: Any = None
    found: dict[str, Any] | None = None


class Operation(msgspec.Struct, frozen=True):
    """One host function as the broker knows it.

    - `name` is the WIT name, `pending.take` for a method; `kind` is how `execute` is run, which
      gives the value of the `ok` case or raises CallError.
    - `target` says of arguments what a call is about. It may raise CallError("invalid") for what
      names nothing; then nothing is decided.
    - `screen` is asked before anything is recorded; if it raises CallError, the call is denied and
      its arguments stay out of the log.
    - `output_bytes` says of arguments what a call takes of the `output` budget; None: nothing.
    - `event` is the type of its single record.
    - `look` says what a call with an outside effect is about as it is before that, to be recorded
      with its intent; None where that cannot be said.
    - `spawns`: it may leave work running beside the guest.
    - `unseen` says (of caller and arguments) what a person who approves the call does not see of
      it in these; empty: nothing. It may raise CallError.
    - `later` says of arguments whether what a person would have to see follows by further calls.
      Then the call is carried out without any effect (`CallContext.asked_later`), and whoever has
      all of it asks (`may`) before anything happens.
    - `until` says how long a call may wait, on the caller's monotonic clock; None: until something
      happens.

    When a run goes on after its process ended:

    - `recall` is told (caller, args, call) of each recorded call that has an outcome, so that what
      it gave the guest is there again.
    - `recall_begun` is told (caller, args) of a call that had begun and has no outcome, if it was
      let on (`may`): then what it was let on to may have happened.
    - `is_harmless` says of arguments that it may be done again, if nobody knows whether it was.
    - `look_up` says of (caller, args, what `look` had found) by what is there whether it happened.
    - `count` charges its caller for one of which nobody knows whether it happened, where what it
      had taken is on no record.
    - `rest` gives the arguments for a wait of which so many nanoseconds are left.
    """

    capability: str
    name: str
    kind: Kind
    execute: Callable[..., Any]
    target: Callable[[list[Any]], Target] | None = None
    effect: Effect = Effect.NONE
    event: type[CallFinished] = CallFinished
    output_bytes: Callable[[list[Any]], int] | None = None
    spawns: bool = False
    screen: Callable[[Any, list[Any]], None] | None = None
    unseen: Callable[[Any, list[Any]], str] | None = None
    look: Callable[..., Awaitable[dict[str, Any] | None]] | None = None
    later: Callable[[list[Any]], bool] | None = None
    until: Callable[[Any, list[Any]], int | None] | None = None
    recall: Callable[[Any, list[Any], CallFinished], None] | None = None
    recall_begun: Callable[[Any, list[Any]], None] | None = None
    is_harmless: Callable[[list[Any]], bool] | None = None
    look_up: Callable[[Any, list[Any], dict[str, Any] | None], Awaitable[Fate]] | None = None
    count: Callable[[Any], None] | None = None
    rest: Callable[[list[Any], int], list[Any]] | None = None


OUTPUT_EVENT: type[CallFinished] = AgentPartialOutput
