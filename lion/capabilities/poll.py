"""Look here if you want to know how a guest waits for the first of several things.

Rule: the text is bounded before it is parsed, and parsed strictly: one way to write each list of
handles.
Rule: what is ready already is answered without a task, and a time already passed without a wait.
Rule: the answer is read off the handles after the wake-up, in the order asked, so it is whole and
repeatable.
"""

import re
from contextlib import suppress
from typing import Any

import trio

from lion.capabilities.clock import seconds_covering
from lion.domain.call import CallError
from lion.domain.events import CallFinished
from lion.ports import CallContext, Kind, Operation, Waitable

MOST_HANDLES = 1_024
MOST_DIGITS = len(str(2**32 - 1))
MOST_CHARACTERS = MOST_HANDLES * (MOST_DIGITS + 1) - 1
_HANDLE = r"(?:0|[1-9][0-9]{0,9})"
_HANDLES = re.compile(f"{_HANDLE}(?: {_HANDLE})*", re.ASCII)


async def wait(caller: CallContext, handles: str, until: int | None) -> list[int]:
    """Wait for the first of `handles` or the instant `until` of the monotonic clock.

    Answers the indexes of all that are ready. Raises CallError: `invalid` for a malformed text, or
    for no handle and no instant, which would never end; `not-found` for a handle that is none.
    """
    waitables = [_find(caller, rep) for rep in parse_handles(handles)]
    if not waitables and until is None:
        raise CallError("invalid", "no handle and no instant: nothing could end this wait")
    if ready := _ready(waitables):
        return ready
    left = None if until is None else until - caller.clock.monotonic_ns()
    if left is None:
        await _wait_first(waitables)
    elif left > 0:
        with trio.move_on_after(seconds_covering(left)):
            await _wait_first(waitables)
    return _ready(waitables)


def recall_wait(caller: CallContext, args: list[Any], call: CallFinished) -> None:
    """What a guest was told is ready stays so until it asks."""
    tag, ready = call.value
    reps = args[0].split(" ") if tag == "ok" else []
    for index in ready if reps else ():
        with suppress(CallError):
            thing = caller.handles.get(int(reps[index]))
            if (note_ready := getattr(thing, "note_ready", None)) is not None:
                note_ready()


def parse_handles(text: str) -> list[int]:
    """Read decimal handles with one space between, at most 1,024. Raises CallError("invalid")."""
    if not text:
        return []
    if len(text) > MOST_CHARACTERS or text.count(" ") >= MOST_HANDLES:
        raise CallError("invalid", f"at most {MOST_HANDLES:,} handles at a time")
    if not _HANDLES.fullmatch(text):
        words = f"handles are decimal numbers of at most {MOST_DIGITS} digits, one space between"
        raise CallError("invalid", words)
    return [int(word) for word in text.split(" ")]


def _find(caller: CallContext, rep: int) -> Waitable:
    thing: Waitable = caller.handles.get(rep)
    return thing


def _ready(waitables: list[Waitable]) -> list[int]:
    return [index for index, waitable in enumerate(waitables) if waitable.is_ready]


async def _wait_first(waitables: list[Waitable]) -> None:
    """Return when one is ready, and cancel the waits for the others. Forever if there are none."""
    unique = list({id(waitable): waitable for waitable in waitables}.values())
    match unique:
        case []:
            await trio.sleep_forever()
        case [waitable]:
            await waitable.wait_ready()
        case _:
            async with trio.open_nursery() as nursery:
                for waitable in unique:
                    nursery.start_soon(_wait_and_cancel, waitable, nursery.cancel_scope)


@trio.lowlevel.enable_ki_protection
async def _wait_and_cancel(waitable: Waitable, others: trio.CancelScope) -> None:
    await waitable.wait_ready()
    others.cancel()


OPERATIONS = (
    Operation(
        "poll", "wait", Kind.WAITING, wait, until=lambda _, args: args[1], recall=recall_wait
    ),
)
