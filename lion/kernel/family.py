"""Look here if you want to know which agents are at work in a live run, who spawned whom, and how
far their shares are used.
"""

import msgspec

from lion.kernel.invocation import Invocation
from lion.kernel.run_state import LiveRun


class AtWork(msgspec.Struct, frozen=True, kw_only=True):
    """An agent at work: its place in the tree of calls, that of the agent that spawned it (empty:
    nobody's), and of each budget that was set aside for it the amount and what is left.
    """

    path: str
    agent: str
    parent: str
    budget: dict[str, tuple[int, int]]


def at_work(live: LiveRun) -> tuple[AtWork, ...]:
    """The agents at work now, each after the one that spawned it."""
    found = [one for one in live.invocations if one.owner.holder.kind == "agent"]
    return tuple(_told(one) for one in sorted(found, key=_place))


def _place(one: Invocation) -> list[int]:
    root, *numbers = one.path.split(".")
    return [*(int(part) for part in root.split("+") if part.isdigit()), -1, *map(int, numbers)]


def _told(one: Invocation) -> AtWork:
    given, above = one.links[-1].given, one.parent
    while above is not None and above.owner.holder.kind != "agent":
        above = above.parent
    left = one.left_of(given) if given else {}
    return AtWork(
        path=one.path, agent=one.holder, parent="" if above is None else above.path,
        budget={name: (most, left[name]) for name, most in given.items()},
    )  # fmt: skip
