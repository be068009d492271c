"""Look here if you want to know which facts of a service the log holds, in its own chain.

Rule: each says by whom it was asked (`by`), as `user ann`, or that the service did it itself.
Rule: what a service holds (workspace, queue, tasks) is the fold of these and of nothing else.
"""

from typing import Any

from lion.domain.events.base import Event
from lion.domain.task import Cause, Order, Principal, Role, TaskEnd, Terms


class ServiceStarted(Event, frozen=True):
    """A service began, or went on. Times are nanoseconds; `queue` is how many tasks may wait."""

    by: str
    lion_version: str
    pid: int
    slots: int
    strategy: str
    ageing_ns: int
    queue: int
    grace_ns: int
    adviser: str = ""
    resources: dict[str, int] = {}  # noqa: RUF012 - a struct copies it


class ServiceStopped(Event, frozen=True):
    """A service ended in order; `interrupted` are tasks that still worked, and go on at the next
    start."""

    by: str
    interrupted: tuple[str, ...] = ()


class ServiceSnapshot(Event, frozen=True):
    """All that the records before come to, so that a start need not read them: `state` is
    service/state.py's."""

    state: dict[str, Any]


class PluginInstalled(Event, frozen=True):
    """A manifest was taken into the workspace: its text and what was filled into it, the digests
    of its components by holder (SHA-256 in hex).
    """

    by: str
    name: str
    manifest: dict[str, Any]
    text: str
    path: str
    folder: str
    digests: dict[str, str]


class PluginUpdated(Event, frozen=True):
    """The same in another version; `changes` are what holders may do now and could not before, or
    the other way round, as they were shown to who accepted them.
    """

    by: str
    name: str
    manifest: dict[str, Any]
    text: str
    path: str
    folder: str
    digests: dict[str, str]
    changes: tuple[str, ...] = ()


class PluginEnabled(Event, frozen=True):
    """A holder, or a manifest as a whole, gets work again."""

    by: str
    name: str


class PluginDisabled(Event, frozen=True):
    """A holder, or a manifest as a whole, gets no new work, and what works is refused its next
    call.
    """

    by: str
    name: str
    reason: str = ""


class PluginRemoved(Event, frozen=True):
    """A manifest left the workspace; what works is refused its next call."""

    by: str
    name: str


class TaskSubmitted(Event, frozen=True):
    """Somebody gave an order. `key` is his own word for it: the same again is the same task.
    `cause` says what did where it was nobody, but a schedule.
    """

    by: str
    id: str
    order: Order
    terms: Terms
    key: str = ""
    cause: Cause | None = None


class TaskAdvised(Event, frozen=True):
    """What an adviser answered, as far as it can be used: ids in its order, or why it cannot."""

    adviser: str
    run: str
    order: tuple[str, ...] = ()
    error: str = ""
    wall_ns: int = 0


class TaskScheduled(Event, frozen=True):
    """A task's turn has come: the how-manieth decision, by which strategy, out of how many, and
    why. `passed` are some that stood before it, each with a reason; `advice` is whether an
    adviser's word was followed, and why not.
    """

    id: str
    decision: int
    strategy: str
    waiting: int
    reason: str
    passed: dict[str, str] = {}  # noqa: RUF012 - a struct copies it
    advice: str = ""


class TaskStarted(Event, frozen=True):
    """A run is about to carry it out: durable before that run begins. `attempt` counts from 1."""

    id: str
    run: str
    attempt: int


class TaskRetried(Event, frozen=True):
    """It waits for its turn again, not before `at_ns`: by somebody's order, or by its terms, of
    which that `counts` as one.
    """

    by: str
    id: str
    at_ns: int
    reason: str
    counts: bool = True


class TaskCancelled(Event, frozen=True):
    """Somebody takes it back; if it works, it is being stopped."""

    by: str
    id: str
    reason: str = ""


class TaskEnded(Event, frozen=True):
    """It is over. `run` is the one that carried it out last; empty: none."""

    id: str
    run: str
    end: TaskEnd
    wall_ns: int = 0


class TokenCreated(Event, frozen=True):
    """Somebody may speak to the service by a secret of which this is the `digest` (SHA-256, hex);
    `expires_ns` is an instant, 0 none.
    """

    by: str
    name: str
    role: Role
    digest: str
    expires_ns: int = 0


class TokenRevoked(Event, frozen=True):
    """A token is worth nothing any more, nor are the sessions it began."""

    by: str
    name: str


class SessionOpened(Event, frozen=True):
    """A browser may speak for somebody until an instant; `digest` is of its cookie's secret
    (SHA-256, hex), `token` the one it was opened with (empty: an address that worked once).
    """

    by: str
    digest: str
    who: Principal
    expires_ns: int
    token: str = ""


class SessionClosed(Event, frozen=True):
    """Somebody signed out."""

    by: str
    digest: str
