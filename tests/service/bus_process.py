"""Look here if you want to know how a service of a bus is killed at a named point: it is a process
of its own, which kills itself there.

    python -m tests.service.bus_process FOLDER NAME URL AGENT LINES [POINT]

It gives its agent one task (once, whatever number of starts), says `ready` when the agent reads
its inbox, then what each line of the task gave, and works until its standard input ends.
"""

import json
import os
import signal
import sys
from pathlib import Path
from typing import Any, Final

import trio

from lion.brokers.redis import Link
from lion.domain.events import Event, LettersTaken
from lion.domain.task import Order
from lion.service.carrier import Carrier
from lion.service.chain import Chain
from lion.service.living import Living
from lion.service.post import PostOffice
from tests.service.bus_rig import called, office, said
from tests.service.rig import ANN


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _before(owner: Any, name: str) -> None:
    async def dies(*_: Any) -> None:
        _die()

    setattr(owner, name, dies)


def _recorded() -> None:
    """A message is in the sender's log, and nowhere else."""
    _before(Carrier, "_write")


def _written() -> None:
    """Redis has it, and the sender's log does not say so."""
    write = Link.write

    async def writes(self: Link, *args: Any) -> None:
        await write(self, *args)
        _die()

    setattr(Link, "write", writes)  # noqa: B010 - another signature than it has


def _read() -> None:
    """The receiver has read it, and nothing of it is on record."""
    take = PostOffice.take

    async def takes(self: PostOffice, letters: Any, bad: Any = ()) -> int:
        if letters:
            _die()
        return await take(self, letters, bad)

    PostOffice.take = takes  # type: ignore[method-assign]


def _arrived() -> None:
    """It is on record in its run, and not in the service's chain."""
    tell, commit, is_told = Chain.tell, Chain.commit, False

    def tells(self: Chain, event: Event) -> None:
        nonlocal is_told
        is_told = isinstance(event, LettersTaken)
        if not is_told:
            tell(self, event)

    async def commits(self: Chain) -> None:
        await commit(self)
        if is_told:
            _die()

    Chain.tell, Chain.commit = tells, commits  # type: ignore[method-assign]


def _taken() -> None:
    """It is on record in both, and Redis has not been told."""
    _before(Link, "acknowledge")


POINTS: Final = {
    "recorded": _recorded, "written": _written, "read": _read, "arrived": _arrived,
    "taken": _taken,
}  # fmt: skip


async def _tell_ready(living: Living, task: Any) -> None:
    await called(living, task, "inbox")
    print("ready", flush=True)


async def main(folder: str, name: str, url: str, agent: str, lines: str) -> None:
    """Be a service until the standard input ends."""
    async with office(Path(folder), name, url) as living, trio.open_nursery() as nursery:
        order = Order(agent=agent, task=lines)
        task = await living.service.submit(ANN, order, key="once")
        nursery.start_soon(_tell_ready, living, task)
        print(json.dumps(await said(living, task)), flush=True)
        await trio.to_thread.run_sync(sys.stdin.read, abandon_on_cancel=True)
        nursery.cancel_scope.cancel()


if __name__ == "__main__":
    place, own, redis, whose, does, *points = sys.argv[1:]
    for point in points:
        POINTS[point]()
    trio.run(main, place, own, redis, whose, does)
