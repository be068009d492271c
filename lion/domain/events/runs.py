"""Look here if you want to know which facts of a run as a whole the log holds."""

from typing import Any

from lion.domain.events.base import Event
from lion.domain.plan import Limits


class RunStarted(Event, frozen=True):
    """A run began. Times are nanoseconds since 1970 (UTC); digests are SHA-256 in hex."""

    manifest_name: str
    manifest: dict[str, Any]
    """The manifest as resolved: variables filled in, paths absolute."""
    manifest_text: str
    components: dict[str, str]
    """Component digest by holder; the bytes are blobs of the log."""
    limits: dict[str, Limits]
    """What each holder's limits came to, after the operator's ceilings; a replay keeps those on
    memory.
    """
    policy_digest: str
    engine_digest: str
    lion_version: str
    wasmtime_version: str
    proxy: str = ""
    """The operator's, through which requests went: their addresses were not pinned."""
    directories: dict[str, dict[str, str]] = {}  # noqa: RUF012 - a struct copies it
    """Where granted directories really were: by holder, by the guest's path."""
    path: str = ""
    """The manifest's file, without any link; empty if there is none."""
    owner: str = ""
    """To whom belongs what the holders keep: the first part of their stores' names."""
    monotonic_ns: int = 0
    """What the run's own clock said then."""
    by: str = ""
    """Who started it: the account by its name; empty if that is not told."""
    is_dry: bool = False
    """Nothing left: what was refused was answered all the same, by what cannot act."""


class RunResumed(Event, frozen=True, kw_only=True):
    """A run goes on after its process ended: `after` is its last record of before, `attempt` which
    try in a row this is that came no further (from 1), `forced` that more were refused. What it
    stands on now is as in RunStarted; `system` are its system plugins, with their versions.
    """

    after: int
    attempt: int
    monotonic_ns: int
    policy_digest: str
    engine_digest: str
    lion_version: str
    wasmtime_version: str
    limits: dict[str, Limits]
    system: dict[str, str] = {}  # noqa: RUF012 - a struct copies it
    by: str = ""
    forced: bool = False


class RunParked(Event, frozen=True, kw_only=True):
    """All in a run wait for people or for a far instant, and its process ends: it is to be
    resumed. Its clock (`monotonic_ns`) goes on meanwhile.
    """

    monotonic_ns: int


class RunForked(Event, frozen=True, kw_only=True):
    """A run that begins with the first `at` records of another one, `parent`, whose head (hex) is
    that of its record `head_seq`; then it goes on by itself, with what was `changed`.
    """

    parent: str
    at: int
    head: str
    head_seq: int
    changed: dict[str, str] = {}  # noqa: RUF012 - a struct copies it


class RunEnding(Event, frozen=True):
    """What the run started has ended: the last that listeners hear. Fields as in RunFinished."""

    exit_code: int
    interrupted: bool = False
    calls: int = 0
    denied: int = 0


class RunFinished(Event, frozen=True):
    """A run ended: its exit code (errors.py), whether it was interrupted, its counts, and what
    stopped it as it was shown, if it did not end by itself."""

    exit_code: int
    interrupted: bool = False
    calls: int = 0
    denied: int = 0
    error: str = ""
    hint: str = ""


class BudgetWarned(Event, frozen=True):
    """A budget passed 80 %: which, its limit, how much is used."""

    holder: str
    budget: str
    limit: int
    used: int


class StateCheckpointed(Event, frozen=True):
    """What guests keep was counted anew, by no run: `reason` is converted, cleared,
    adopted, forgotten or repaired;
    `stores` are the namespaces (owner/holder). It stands in the log's own run.
    """

    reason: str
    stores: tuple[str, ...] = ()


class HeadSigned(Event, frozen=True):
    """The operator's key signed how far a run is: up to record `seq`, `digest` there (hex), when.

    `key` is the public key in hex; `signature` and `cose` are over what log/heads.py says. It
    stands in the log's own run.
    """

    run: str
    seq: int
    digest: str
    time_ns: int
    key: str
    signature: bytes
    cose: bytes


class RunForgotten(Event, frozen=True):
    """An operator had a run's records removed; what is left of it is here, in the log's own run.

    `head` is the digest of its last segment in hex, `fault` why it did not verify then (empty: it
    did). Positions are those of its first and last record within the log.
    """

    run: str
    manifest_name: str
    started_ns: int
    records: int
    head: str
    exit_code: int | None
    first_position: int
    last_position: int
    fault: str = ""


class MessageArrived(Event, frozen=True):
    """A message came from outside of the run for one of its holders, who reads it as any: from
    `sender`, a name that no holder has; `id` is the sender's own for it. With a `topic` it is for
    all who subscribed, and `to` is empty.
    """

    sender: str
    to: str
    payload: str
    id: str = ""
    topic: str = ""


class LineLogged(Event, frozen=True):
    """The host said something of the run itself, for instance why a restart was not tried."""

    level: str
    message: str
