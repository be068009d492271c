"""Look here if you want to know which facts of components and their invocations the log holds."""

from typing import Any

from lion.domain.events.base import Event


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
    """An agent began its task, in an instance of its own. `attempt` as in PluginInvoked."""

    agent: str
    task: str
    attempt: int = 1


class AgentCompleted(Event, frozen=True):
    """The agent returned: its output, or its own error value (`is_error`)."""

    value: Any
    is_error: bool = False
    cpu_ns: int = 0


class AgentError(Event, frozen=True):
    """The agent did not return: `ending`, `began` and `hint` as in PluginError."""

    ending: str
    error: str
    words: str = ""
    frames: tuple[str, ...] = ()
    cpu_ns: int = 0
    began: bool = True
    hint: str = ""
