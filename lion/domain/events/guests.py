"""Look here if you want to know which facts of components and their invocations the log holds."""

from typing import Any

from lion.domain.events.base import Event


class PluginLoaded(Event, frozen=True):
    """A component was accepted: what it imports (its ceiling) and which tools it offers.

    One that was made of a guest of another kind (`guest`: extism) has the digests of that original
    and of lion's adapter, whose bytes are a blob too.
    """

    holder: str
    component_digest: str
    imports: tuple[str, ...]
    tools: tuple[str, ...]
    guest: str = ""
    original_digest: str = ""
    adapter_digest: str = ""


class PluginFailed(Event, frozen=True):
    """A component was refused at load."""

    holder: str
    error: str
    ending: str


class PluginInvoked(Event, frozen=True):
    """An instance was made and one of its exports called. `args` are WIT values; `attempt` counts
    tries of the same task."""

    export: str
    args: list[Any]
    attempt: int = 1


class PluginResult(Event, frozen=True):
    """The export returned. `value` is the WIT value, compared byte for byte by a replay.

    `is_error`: it is the error of a `result`, the tool's own (older lions did not say so).
    """

    value: Any
    cpu_ns: int = 0
    is_error: bool = False


class PluginError(Event, frozen=True):
    """The export did not return: `ending` as in GuestError, or cancelled.

    Not `began`: the machine had no room for an instance, so nothing of the guest ran. `hint` is
    what was said with it to people.
    """

    ending: str
    error: str
    words: str = ""
    frames: tuple[str, ...] = ()
    cpu_ns: int = 0
    began: bool = True
    hint: str = ""


class AgentSpawned(Event, frozen=True):
    """An agent began its task, in an instance of its own. `attempt` as in PluginInvoked.

    If another agent spawned it: what that handed on of its rights, in lines (`has_less`: it did
    say so), and what it set aside of its budgets, by name.
    """

    agent: str
    task: str
    attempt: int = 1
    allow: str = ""
    has_less: bool = False
    budget: dict[str, int] = {}  # noqa: RUF012 - a struct copies it


class BudgetReturned(Event, frozen=True, kw_only=True):
    """An agent that was spawned has ended: of what was set aside for it (`given`, by budget) this
    is left, and its spawner's again.
    """

    agent: str
    spawner: str
    given: dict[str, int]
    left: dict[str, int]


class AgentRestarted(Event, frozen=True, kw_only=True):
    """An agent that the manifest or a task had started failed (`ending` as in AgentError, or
    `error` for one of its own; `error` in words) and begins its task anew, in an instance of its
    own: the `number`-th time, at most `times` `within` nanoseconds. Not `again`: that is used up.
    """

    agent: str
    ending: str
    error: str
    number: int
    times: int
    within: int
    again: bool = True


class AgentCompleted(Event, frozen=True):
    """The agent returned: its output, or its own error value (`is_error`)."""

    value: Any
    is_error: bool = False
    cpu_ns: int = 0


class AnswerJudged(Event, frozen=True):
    """An agent's answer was held to what the run says of it: taken, or not and why (`fault` as in
    lion/parsers, `what` for people). `repaired`: it was almost JSON, and mended.
    """

    format: str
    taken: bool
    repaired: bool = False
    fault: str = ""
    what: str = ""
    asked_again: bool = False


class AgentError(Event, frozen=True):
    """The agent did not return: `ending`, `began` and `hint` as in PluginError."""

    ending: str
    error: str
    words: str = ""
    frames: tuple[str, ...] = ()
    cpu_ns: int = 0
    began: bool = True
    hint: str = ""
