"""Look here if you want to know what a run comes to, for whoever asked for it."""

from typing import Any

import msgspec


class Ending(msgspec.Struct, frozen=True):
    """How one agent or one call ended.

    `text` is an agent's answer, `value` the result as JSON, `error` the sentence for people if it
    was not ok, `ending`
    the kind of error (errors.GuestError) or "error" for the guest's own, `exit_code` what it adds
    to the run's.
    """

    name: str
    kind: str
    ok: bool
    exit_code: int
    text: str = ""
    value: Any = None
    error: str = ""
    ending: str = ""
    words: str = ""
    hint: str = ""


class Denial(msgspec.Struct, frozen=True):
    """A call that was refused: who, what, why, and the manifest line that would allow it (empty:
    none would).
    """

    holder: str
    capability: str
    operation: str
    target: str
    reason: str
    suggestion: str = ""
    times: int = 1


class RunReport(msgspec.Struct, frozen=True):
    """What a run came to. `wall_ns` is its duration in nanoseconds."""

    run: str
    exit_code: int
    endings: tuple[Ending, ...]
    calls: int
    denied: int
    denials: tuple[Denial, ...]
    wall_ns: int
    interrupted: bool = False
