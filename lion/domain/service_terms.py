"""Look here if you want to know what a service is held to."""

from collections.abc import Mapping
from typing import Final

import msgspec

from lion.domain.bus_terms import BusTerms

STRATEGIES: Final = ("fifo", "round-robin", "priority")
"""How tasks that wait are put in order."""
SECOND: Final = 1_000_000_000


class ServiceTerms(msgspec.Struct, frozen=True, kw_only=True):
    """What a service is held to: `slots` tasks at once, `queue` that may wait, tokens of
    `resources`, how long a task waits until it counts as one of a priority more (`ageing_ns`), how
    long what works may go on when it stops (`grace_ns`). `adviser` is a plugin whose tool `advise`
    suggests an order (empty: none). `bus` is how its runs are written to.
    """

    slots: int = 8
    strategy: str = "priority"
    ageing_ns: int = 30 * SECOND
    queue: int = 1_000
    grace_ns: int = 30 * SECOND
    adviser: str = ""
    resources: Mapping[str, int] = {}
    bus: BusTerms | None = None
