"""Look here if you want to know which facts the log holds and what each of them says.

Rule: names and fields are for ever. A new meaning is a new field with a default, or a new version
with an upcaster.
Rule: bodies are msgpack maps (msgspec), because JSON cannot carry bytes, NaN and 64-bit integers
unchanged.
"""

from typing import Any

import msgspec


class Event(msgspec.Struct, frozen=True, omit_defaults=True, tag=False, gc=False):
    """Base of all events: a fact, past tense, frozen. Its class name is its type in the log.

    None leads back to itself, so the collector of cycles need not look at them (`gc`).
    """


class RunStarted(Event, frozen=True):
    """A run began. Times are nanoseconds since 1970 (UTC); digests are SHA-256 in hex."""

    manifest_name: str
    manifest: dict[str, Any]
    """The manifest as resolved: variables filled in, paths absolute."""
    manifest_text: str
    components: dict[str, str]
    """Component digest by holder; the bytes are blobs of the log."""
    limits: dict[str, dict[str, Any]]
    """What each holder's limits came to, after the operator's ceilings; a replay keeps those on
    memory.
    """
    policy_digest: str
    engine_digest: str
    lion_version: str
    wasmtime_version: str
    proxy: str = ""
    """The operator's, through which requests went: their addresses were not pinned."""
    directories: dict[str, dict[str, str]] = {}
    """Where granted directories really were: by holder, by the guest's path."""


class RunFinished(Event, frozen=True):
    """A run ended: its exit code (errors.py), whether it was interrupted, and its counts."""

    exit_code: int
    interrupted: bool = False
    calls: int = 0
    denied: int = 0


class PluginLoaded(Event, frozen=True):
    """A component was accepted: what it imports (its ceiling) and which tools it offers."""

    holder: str
    component_digest: str
    imports: tuple[str, ...]
    tools: tuple[str, ...]


class PluginFailed(Event, frozen=True):
    """A component was refused at load."""

    holder: str
    error: str
    ending: str


class PluginInvoked(Event, frozen=True):
    """An instance was made and one of its exports called. `args` are WIT values."""

    export: str
    args: list[Any]


class PluginResult(Event, frozen=True):
    """The export returned. `value` is the WIT value, compared byte for byte by a replay."""

    value: Any
    cpu_ns: int = 0


class PluginError(Event, frozen=True):
    """The export did not return: `ending` as in GuestError, or cancelled.

    Not `began`: the machine had no room for an instance, so nothing of the guest ran.
    """

    ending: str
    error: str
    words: str = ""
    frames: tuple[str, ...] = ()
    cpu_ns: int = 0
    began: bool = True


class AgentSpawned(Event, frozen=True):
    """An agent began its task, in an instance of its own."""

    agent: str
    task: str


class AgentCompleted(Event, frozen=True):
    """The agent returned: its output, or its own error value (`is_error`)."""

    value: Any
    is_error: bool = False
    cpu_ns: int = 0


class AgentError(Event, frozen=True):
    """The agent did not return: `ending` and `began` as in PluginError."""

    ending: str
    error: str
    words: str = ""
    frames: tuple[str, ...] = ()
    cpu_ns: int = 0
    began: bool = True


SCREEN = "screen"
"""`decided_by` of a call refused because of what its arguments hold, which are not recorded."""
DOOR = "door"
"""`decided_by` of a call that was allowed, but led to what nobody may reach."""


class CallRequested(Event, frozen=True):
    """A host call with an outside effect was decided; committed before the effect."""

    capability: str
    operation: str
    target: str
    args: list[Any]
    verdict: str
    reason: str
    decided_by: str
    opinions: tuple[Any, ...] = ()


class CallFinished(Event, frozen=True):
    """A host call ended. `value` is the WIT result the guest saw: ("ok", value) or ("err", (case,
    text)).

    A call without outside effect has no CallRequested: then request and decision are here.
    """

    status: str
    value: Any
    capability: str = ""
    operation: str = ""
    target: str = ""
    args: list[Any] | None = None
    verdict: str = ""
    reason: str = ""
    decided_by: str = ""
    opinions: tuple[Any, ...] = ()


class CallRedirected(Event, frozen=True):
    """A host call under way was sent on to another target (a redirect), which was decided anew;
    committed before that target is asked. Or what it led to was refused: an address, a link out
    (`decided_by` is "door" then, and the verdict deny).
    """

    capability: str
    operation: str
    target: str
    verdict: str
    reason: str
    decided_by: str
    opinions: tuple[Any, ...] = ()


class AgentPartialOutput(CallFinished, frozen=True):
    """Output on the way: a call of `output`, which people see once it is committed."""


class BudgetWarned(Event, frozen=True):
    """A budget passed 80 %: which, its limit, how much is used."""

    holder: str
    budget: str
    limit: int
    used: int


class LineLogged(Event, frozen=True):
    """The host said something of the run itself, for instance why a restart was not tried."""

    level: str
    message: str


class SystemPluginLoaded(Event, frozen=True):
    """Trusted Python was loaded, outside of the sandbox: whose code, by which entry point (`use`).

    It judges calls of `judges`, hears records of `hears` ("*": all), and executes what it `offers`
    to guests: `acme:shelf/books@1.0.0#find(title)`, in brackets the target.
    """

    holder: str
    use: str
    distribution: str
    version: str
    contract: int
    imports: tuple[str, ...] = ()
    tools: tuple[str, ...] = ()
    judges: tuple[str, ...] = ()
    hears: tuple[str, ...] = ()
    offers: tuple[str, ...] = ()


class SystemPluginFailed(Event, frozen=True):
    """A system plugin failed outside of a tool call: `part` is load, judge, hear or close."""

    holder: str
    part: str
    error: str


class SystemPluginLagged(Event, frozen=True):
    """A listener was behind by so many records; at the run's end those it never heard."""

    holder: str
    behind: int
    is_final: bool = False


class RunEnding(Event, frozen=True):
    """What the run started has ended: the last that listeners hear. Fields as in RunFinished."""

    exit_code: int
    interrupted: bool = False
    calls: int = 0
    denied: int = 0


_ALL: tuple[type[Event], ...] = (*Event.__subclasses__(), AgentPartialOutput)
EVENTS: dict[str, type[Event]] = {kind.__name__: kind for kind in _ALL}
"""Every event by its type name in the log."""

encode_body = msgspec.msgpack.Encoder().encode
"""Encode an event's body: the same event gives the same bytes."""
