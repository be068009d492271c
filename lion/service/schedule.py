"""Look here if you want to know whose turn it is, and why: a pure function.

Rule: it chooses an order and a number, never whether something may be done.
Rule: tokens are counted from what works: nothing has to be given back, so none is ever lost.
Rule: no task waits for ever: one that has waited for as many decisions as the queue may hold is
next, and what it needs is kept for it. So whatever strategy, advice and flood come, it begins
after 2 * most decisions at the latest (and when what it needs is given back).
Rule: advice is an order within a window of those that could begin; each task is passed over by
advice no more often than the window is wide.
"""

from collections.abc import Iterator, Mapping, Sequence
from heapq import merge
from itertools import islice
from typing import Final

import msgspec

from lion.service.queue import Key, Place, Queue, Signature

WINDOW: Final = 16
"""How many tasks at the head advice may put into another order."""
_MOST_DUE: Final = 1_000
"""Of those that have waited for their bound and lack something, so many are looked at."""
_SHOWN: Final = 5
"""How many of those that stood before the chosen one are told."""


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """A task that works, and the tokens it holds; one that only waits (`idle`) holds nothing."""

    id: str
    resources: Mapping[str, int] = {}
    idle: bool = False


class Bounds(msgspec.Struct, frozen=True, kw_only=True):
    """How many work at once, and how many tokens there are of each resource."""

    slots: int
    resources: Mapping[str, int] = {}


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """Whose turn it is (empty: nobody's), and why. `over` could have begun and stood before it;
    `passed` are some of all that did, with a reason each; `advice` says whether it was followed.
    """

    id: str = ""
    reason: str = ""
    over: tuple[str, ...] = ()
    passed: dict[str, str] = {}
    advice: str = ""


def free_tokens(running: Sequence[Held], bounds: Bounds) -> dict[str, int]:
    """What is left of each resource."""
    free = dict(bounds.resources)
    for one in running:
        for name, count in one.resources.items() if not one.idle else ():
            if name in free:
                free[name] -= count
    return free


def choose(
    queue: Queue, running: Sequence[Held], bounds: Bounds, advice: Sequence[str] = ()
) -> Choice:
    """Whose turn it is now. `advice` is an adviser's order, if there is one."""
    busy = sum(not one.idle for one in running)
    if busy >= bounds.slots:
        return Choice(reason=f"all {bounds.slots} slots are taken")
    if not len(queue):
        return Choice(reason="nothing waits")
    free = free_tokens(running, bounds)
    due, free = _due(queue, free)
    if due is not None:
        waited = queue.decisions - due.decision
        return Choice(
            id=due.task.id, reason=f"it has waited for {waited} decisions, its bound",
            advice="not followed: another has waited for its bound" if advice else "",
        )  # fmt: skip
    fitting = list(islice(_fitting(queue, free), WINDOW))
    if not fitting:
        return Choice(reason="what waits needs more than is left of its resources")
    return _chosen(queue, fitting, free, advice)


def _due(queue: Queue, free: dict[str, int]) -> tuple[Place | None, dict[str, int]]:
    """Who has waited for its bound and can begin, the oldest first; and what is left of the
    resources when those are kept for whom they do not suffice.
    """
    kept = dict(free)
    for place in islice(queue.oldest(), _MOST_DUE):
        if queue.decisions - place.decision < queue.most:
            break
        if not _lacking(place.signature, kept):
            return place, kept
        kept.update({name: 0 for name, _ in place.signature if name in kept})
    return None, kept


def _lacking(signature: Signature, free: Mapping[str, int]) -> str:
    """The first resource of which too little is left; empty: none."""
    return next((name for name, count in signature if free.get(name, 0) < count), "")


def _fitting(queue: Queue, free: Mapping[str, int]) -> Iterator[tuple[Key, str]]:
    """Those whose resources are there, in order."""
    groups = [group for signature, group in queue.groups() if not _lacking(signature, free)]
    return merge(*groups)


def _chosen(
    queue: Queue, fitting: list[tuple[Key, str]], free: Mapping[str, int], advice: Sequence[str]
) -> Choice:
    ids = [id for _, id in fitting]
    # Whoever was passed over as often as the window is wide lets nobody before it any more.
    last = next((i for i, id in enumerate(ids) if queue.passed.get(id, 0) >= WINDOW), len(ids))
    window = ids[: last + 1]
    wanted = next((id for id in advice if id in window), "")
    index = window.index(wanted) if wanted else 0
    place = queue.place(window[index])
    followed = "" if not advice else _followed(advice, window, ids, wanted)
    return Choice(
        id=place.task.id, reason=_reason(queue, place, index), over=tuple(window[:index]),
        passed=_passed(queue, fitting[index][0], free, window[:index]), advice=followed,
    )  # fmt: skip


def _followed(advice: Sequence[str], window: list[str], ids: list[str], wanted: str) -> str:
    if not wanted:
        return f"not followed: none of it is among the first {len(window)} that can begin"
    above = [id for id in advice[: advice.index(wanted)] if id in ids]
    if above:
        return f"followed within its bound: {window[-1]} was passed over {WINDOW} times"
    return "followed"


def _reason(queue: Queue, place: Place, index: int) -> str:
    if index:
        return f"the adviser puts it before {index} that stood before it"
    match queue.strategy:
        case "priority":
            return f"priority {place.task.priority}, and what it gained by waiting"
        case "round-robin":
            return f"it is {place.task.by or 'its submitter'}'s turn"
        case _:
            return "it was there first"


def _passed(
    queue: Queue, key: Key, free: Mapping[str, int], over: Sequence[str]
) -> dict[str, str]:
    """Some of those that stand before `key` and do not begin, and why."""
    found = dict.fromkeys(over[:_SHOWN], "the adviser puts another before it")
    for signature, group in queue.groups():
        lacking = _lacking(signature, free)
        if len(found) >= _SHOWN:
            break
        if lacking and group[0] < (key, ""):
            found[group[0][1]] = f"too little is left of {lacking}"
    return found
