"""Look here if you want to know what an executor that begins work needs of it while it goes on."""

from collections.abc import Mapping
from typing import Any, Protocol


class Waitable(Protocol):
    """What a handle given to `poll` stands for. Everything in a `Handles` table that a guest can
    name is one.
    """

    @property
    def is_ready(self) -> bool:
        """Asking for it now would not wait. A failure or a cancellation is ready too."""
        ...

    async def wait_ready(self) -> None:
        """Wait until `is_ready`. Never raises but when it is cancelled itself."""
        ...


class PendingCall(Waitable, Protocol):
    """A tool call under way."""

    async def take(self) -> str:
        """Wait for the result. Raises CallError: the tool's, or `invalid` the second time."""
        ...

    def note_taken(self) -> None:
        """Its result was taken before the run was resumed."""
        ...

    def cancel(self) -> None: ...


class PendingWork(PendingCall, Protocol):
    """An agent under way. It is ready also while there is something of what it wrote."""

    async def next(self) -> str | None:
        """The next piece that it wrote; None when no more comes. Raises CallError("invalid") if
        that was not asked for.
        """
        ...

    def note_read(self) -> None:
        """A piece was read before the run was resumed."""
        ...


class SpawnedAgent(PendingWork, Protocol):
    """An agent that a guest spawned. `agent` is its name, `state` how it is: `working`, `ended` or
    `cancelled`.
    """

    agent: str

    @property
    def state(self) -> str: ...

    def budgets(self) -> list[dict[str, Any]]:
        """What was set aside for it: records of `agents.budget`."""
        ...


class Spawner(Protocol):
    """How a guest has other agents work."""

    def prepare(self, agent: str, task: str, terms: Mapping[str, Any]) -> SpawnedAgent:
        """An agent that can be begun, by a record of `agents.terms`. Raises CallError; nothing
        was done.
        """
        ...

    def begin(self, child: Any) -> None:
        """Set aside what it is given, and begin it. Raises CallError; then nothing was done."""
        ...

    def recall(self, agent: str, task: str, terms: Mapping[str, Any]) -> SpawnedAgent:
        """One that was spawned before the run was resumed; it goes on when its caller does."""
        ...

    def budgets(self) -> list[dict[str, Any]]:
        """The caller's: records of `agents.budget`."""
        ...


class Jobs(Protocol):
    """How a workflow has others work."""

    def start_agent(self, name: str, task: str, streams: bool) -> PendingWork:
        """Have an agent begin a task; `streams`: what it writes will be read while it does.
        Raises CallError.
        """
        ...

    def ask_person(self, question: str, form: str) -> PendingCall:
        """Ask a person to fill in a form, a JSON schema. Raises CallError."""
        ...

    def recall_agent(self, name: str, task: str, streams: bool) -> PendingWork:
        """A task that was begun before the run was resumed; it goes on when its caller does."""
        ...

    def recall_question(self, question: str, form: str) -> PendingCall:
        """The same of a question."""
        ...
