"""Look here if you want to know what a task is: an order to do one thing once, on which terms, for
whom, and in which of seven states it is.

Rule: a state that is over stays; only a retry, which is a fact of its own, leads out of it.
Rule: a task is carried out by one run at a time, whose id is on record before the run begins.
"""

from enum import StrEnum
from typing import Any, Final

import msgspec

HIGHEST: Final = 255
"""The highest priority; the lowest is 0."""
USUAL: Final = 128
FAILURES: Final = frozenset({
    "answer", "cancelled", "cpu", "deadline", "denied", "error", "exhausted", "exit", "failed",
    "log", "memory", "memory-sum", "outside", "raised", "result", "stack", "trap", "world",
})  # fmt: skip
"""With which endings a task can have failed."""


class Role(StrEnum):
    """What somebody may command, from least to most."""

    VIEWER = "viewer"
    OPERATOR = "operator"
    ADMINISTRATOR = "administrator"

    def includes(self, other: "Role") -> bool:
        """Whether this role may do what the other may."""
        order = list(Role)
        return order.index(self) >= order.index(other)


class Principal(msgspec.Struct, frozen=True):
    """Who asks: `kind` is user, token, agent or service."""

    kind: str
    name: str
    role: Role = Role.VIEWER

    @property
    def word(self) -> str:
        """How records name it: `user ann`."""
        return f"{self.kind} {self.name}"


class TaskState(StrEnum):
    """The seven states of a task."""

    PENDING = "pending"
    """It waits for its turn."""
    PROCESSING = "processing"
    COMPLETED = "completed"
    FAILED = "failed"
    SKIPPED = "skipped"
    """It was refused before anything of it ran."""
    CANCELLED = "cancelled"
    """Somebody took it back."""
    ABORTED = "aborted"
    """Its service ended, or its run was interrupted."""

    @property
    def is_over(self) -> bool:
        """Nothing more happens to it, unless it is retried."""
        return self not in (TaskState.PENDING, TaskState.PROCESSING)


class Order(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What to do: an `agent` and its `task`, or a tool to `call` (`plugin.function`) and its
    arguments, JSON values by parameter name. One of the two.
    """

    agent: str = ""
    task: str = ""
    call: str = ""
    arguments: dict[str, Any] = {}

    @property
    def holder(self) -> str:
        """Whose work it is: the agent, or the tool's plugin."""
        return self.agent or self.call.partition(".")[0]

    @property
    def word(self) -> str:
        """What it is called in sentences."""
        return f"agent {self.agent}" if self.agent else f"call {self.call}"


class Retry(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How often it is tried again after it failed, `wait_ns` later, then `factor` times that, and
    so on. `on` are the endings that count, of FAILURES (empty: every failure).
    """

    times: int = 0
    wait_ns: int = 1_000_000_000
    factor: float = 2.0
    on: tuple[str, ...] = ()


class Terms(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """On which terms: `priority` 0 to HIGHEST, `resources` held while it works, `deadline_ns`
    within which it has to be over since it was submitted, `parent` the task with which it is
    cancelled.
    """

    priority: int = USUAL
    resources: dict[str, int] = {}
    deadline_ns: int | None = None
    retry: Retry = Retry()
    parent: str = ""


class Cause(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Why there is a task that nobody submitted: a `schedule` (`MANIFEST/NAME`), and which of its
    instants, `missed` before it being passed over; or which `message` (a letter's id), on which
    `topic`, from whom.
    """

    schedule: str
    at_ns: int = 0
    missed: int = 0
    message: str = ""
    topic: str = ""
    sender: str = ""
    deep: int = 0
    """How many tasks began each other by messages until this one."""


class TaskEnd(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a task came to. `value` is its result as JSON, if that is short; `ending` the kind of
    failure, `error` and `hint` the sentence; `exit_code` as of its run.
    """

    state: TaskState
    exit_code: int = 0
    value: Any = None
    is_long: bool = False
    """The value is too long to be here: its run's record has it."""
    ending: str = ""
    error: str = ""
    hint: str = ""
