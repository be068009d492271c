"""Look here if you want to know what a strategy of workflows is to whoever acts for it.

Rule: an engine is pure: what it was told is all it knows. It has no clock, waits for nothing, and
asks for what it wants done by actions; whoever does them tells it what came of each.
Rule: the same outcomes in the same order give the same actions, on every machine and in every
replay.
Rule: a key names one action for ever; none is given twice.
"""

from collections.abc import Sequence
from typing import Any, Protocol, TypeAlias

import msgspec


class Do(msgspec.Struct, frozen=True, kw_only=True):
    """Begin a job. `kind` is call, agent, workflow or ask; `given` is JSON: arguments by name, a
    task, or a question. What comes of it is one Done or Failed of this key, with a Part before for
    each record where its output is read as `records`.
    """

    key: str
    kind: str
    target: str
    given: Any
    form: dict[str, Any] | None = None
    records: str = ""


class Wait(msgspec.Struct, frozen=True, kw_only=True):
    """Say Fired of this key when so many nanoseconds have passed."""

    key: str
    ns: int


class Cancel(msgspec.Struct, frozen=True, kw_only=True):
    """Stop a job, or forget a wait: nothing more is heard of this key."""

    key: str


class Emit(msgspec.Struct, frozen=True, kw_only=True):
    """Tell people of an event."""

    name: str
    value: Any


class Hear(msgspec.Struct, frozen=True, kw_only=True):
    """Say Heard of this key when a message comes on one of the topics that a pattern names. What
    comes until it is heard again, by another key, waits on the bus and is bounded there.
    """

    key: str
    topic: str


Action: TypeAlias = Do | Wait | Cancel | Emit | Hear


class Done(msgspec.Struct, frozen=True, kw_only=True):
    """A job gave a JSON value."""

    key: str
    value: Any


class Failed(msgspec.Struct, frozen=True, kw_only=True):
    """A job failed: a case of `types.error`, and words for people."""

    key: str
    case: str
    text: str


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """A job under way gave a record."""

    key: str
    value: Any


class Fired(msgspec.Struct, frozen=True, kw_only=True):
    """A wait is over."""

    key: str


class Heard(msgspec.Struct, frozen=True, kw_only=True):
    """A message came: on which topic, who wrote it, its JSON value, and how many before it were
    lost since nobody heard them in time.
    """

    key: str
    topic: str
    sender: str
    value: Any
    missed: int = 0


Outcome: TypeAlias = Done | Failed | Part | Fired | Heard


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """Why something failed: in which step (empty: the workflow itself), a case of `types.error`,
    words for people.
    """

    step: str
    case: str
    text: str


class End(msgspec.Struct, frozen=True, kw_only=True):
    """How a workflow ended: with a value, or with the fault that stopped it. `undone` are the jobs
    that were compensated, in that order, `stuck` those whose compensation failed, and why.
    """

    value: Any = None
    fault: Fault | None = None
    undone: tuple[str, ...] = ()
    stuck: tuple[Fault, ...] = ()


class Note(msgspec.Struct, frozen=True, kw_only=True):
    """Something that was decided of a step, and why, for whoever asks afterwards."""

    step: str
    what: str
    why: str


class Engine(Protocol):
    """A strategy at work on one input.

    One that decides much at once may have two more: `is_busy`, true after `start` or `on` as long
    as it has more to decide before anything else happens, and `go_on()`, which gives further
    actions; others get a turn in between, and it can be cancelled there.
    """

    def start(self, given: Any) -> Sequence[Action]:
        """What to do first. `given` is the input, which fits its schema."""
        ...

    def on(self, outcome: Outcome) -> Sequence[Action]:
        """What to do next. Outcomes of keys that are not under way are ignored."""
        ...

    @property
    def end(self) -> End | None:
        """How it ended; None as long as it goes on. After it there are no actions."""
        ...

    @property
    def notes(self) -> Sequence[Note]:
        """What was decided so far, in order."""
        ...
