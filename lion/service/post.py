"""Look here if you want to know how messages leave the runs of a service, and come into them.

Rule: the log is the outbox: what is sent on is read from it, behind what is committed; how far
that came is a record. After a kill it begins there: some is sent twice, nothing is forgotten.
Rule: a letter is acknowledged when what it became is durable: a record of the run that reads it,
and how far its service has come. What is not above that was here, and nobody hears it again.
Rule: what was sent before a service was there is not for it: else who kept the letters of one of
the same name could give them to it again.
Rule: a run's own records say, too, what came into it: a kill between the two changes nothing.
"""

from collections.abc import AsyncGenerator, Iterable, Sequence
from contextlib import ExitStack, aclosing
from functools import partial
from typing import Final

import trio

from lion.domain.bus_terms import BusTerms
from lion.domain.call import CallError
from lion.domain.events import BusOpened, LettersSent, LettersTaken, MessageArrived, RunFinished
from lion.domain.letter import Letter, letter_of
from lion.domain.record import Record
from lion.history import open_history
from lion.kernel.run import Run
from lion.ports import LogReader
from lion.reading import beside
from lion.service.outbox import Outbox
from lion.service.service import Service
from lion.service.tasks import Task
from lion.service.timekeeper import Timekeeper
from lion.settings import Settings

HERE: Final = "here"
MOST_READ: Final = 256 * 1024
"""Bytes of a body that can be a message."""
LOOK_SECONDS: Final = 0.5
RESUME_SECONDS: Final = 120.0
FAR: Final = 10_000
"""Records after which it is told how far it came, though nothing was sent."""
SKEW_NS: Final = 300 * 10**9
"""By which another service's clock may be behind."""
OLD: Final = "it is of before this service could be written to"
REFUSALS: Final = 64
"""Letters of one page of which it is told why nobody has them."""


class PostOffice:
    """The letters of a service. `run` has to work meanwhile."""

    def __init__(
        self, service: Service, settings: Settings, terms: BusTerms, box: Outbox,
        keeper: Timekeeper,
    ) -> None:  # fmt: skip
        self._keeper = keeper
        self.service = service
        self.chain = service.chain
        self.terms = terms
        self._settings = settings
        self._box = box

    async def open(self, ways: Sequence[str]) -> None:
        """Tell that it can be written to. Raises AuditError."""
        last = await beside(partial(_last, self._settings))
        epoch = self.chain.state.marks.epoch or self.chain.now_ns
        redis = self.terms.redis
        self.chain.tell(
            BusOpened(
                self.terms.name, self.terms.peers, self.terms.topics,
                "" if redis is None else redis.origin, epoch, dict.fromkeys(ways, last),
            )
        )  # fmt: skip

    async def wait_resumed(self) -> None:
        """Wait until runs that go on after a kill can be written to, or have ended."""
        with trio.move_on_after(RESUME_SECONDS):
            for one in list(self.service.conductor.working.values()):
                if one.plan is None:
                    await one.begun.wait()
                    if one.run is not None:
                        await one.run.wait_ready()

    async def send_here(self) -> None:
        """Bring, for ever, what runs of this service write to each other."""
        await self.wait_resumed()
        with ExitStack() as stack:
            async with aclosing(self.outgoing(HERE, stack)) as pages:
                async for letters in pages:
                    await self.take([one for one in letters if self.is_for(one, self.terms.name)])

    async def outgoing(self, way: str, stack: ExitStack) -> AsyncGenerator[list[Letter], None]:
        """What is to leave, page by page; asked for the next, it tells that the last has left."""
        open_log = partial(stack.enter_context, open_history(self._settings))
        reader: LogReader = await beside(open_log)
        at = told = self.chain.state.marks.sent[way]
        while True:
            news = self.chain.log.news
            page = await trio.to_thread.run_sync(reader.since, at, MOST_READ)
            letters = self._letters(page)
            if letters:
                yield letters
            if page:
                at = page[-1].position
            if letters or at - told >= FAR:
                told = at
                self.chain.tell(LettersSent(way, at))
                await self.chain.commit()
            if way == self._last_way:
                self._note_left(letters, page)
            if page:
                continue
            with trio.move_on_after(LOOK_SECONDS):
                await news()

    def _note_left(self, letters: Sequence[Letter], page: Sequence[Record]) -> None:
        for letter in letters:
            self._box.left(letter)
        for record in page:
            if record.type == RunFinished.__name__:
                self._box.forget(record.run)

    @property
    def waiting(self) -> int:
        """Messages that wait to leave."""
        return self._box.waiting

    @property
    def _last_way(self) -> str:
        """The way by which letters leave that may have to wait."""
        return HERE if self.terms.redis is None else "redis"

    def is_for(self, letter: Letter, service: str) -> bool:
        """Whether that service gets it."""
        return bool(letter.topic) or letter.to.startswith(f"@{service}/")

    async def take(self, letters: Sequence[Letter], bad: Iterable[tuple[str, str]] = ()) -> int:
        """Let those who read have letters, in order, each once; durable when it returns. `bad` are
        such as were none. How many were new. Raises AuditError.
        """
        taken: dict[str, tuple[int, int]] = {}
        refused, new = dict(bad), 0
        for letter in letters:
            if letter.place <= taken.get(letter.service, (-1, -1)):
                continue
            if self.chain.state.marks.was_taken(letter):
                continue
            new += 1
            taken[letter.service] = letter.place
            why = await self._receive(letter)
            if why and len(refused) < REFUSALS:
                refused[letter.id] = why
        if taken or refused:
            self.chain.tell(LettersTaken(taken, refused))
            await self.chain.commit()
        return new

    async def _receive(self, letter: Letter) -> str:
        """Let runs and tasks have it; why somebody has it not."""
        if self._is_old(letter):
            return OLD
        why = self._bring(letter)
        if letter.topic and self._box.shares(letter.topic):
            why = await self._keeper.hear(letter) or why
        return why

    def _is_old(self, letter: Letter) -> bool:
        """Whether it is of before this service could be written to: its marks begin there, so it
        may have been read by one of the same name.
        """
        return letter.time_ns < self.chain.state.marks.epoch - SKEW_NS

    def _letters(self, page: Sequence[Record]) -> list[Letter]:
        epoch = self.chain.state.marks.epoch
        found = (letter_of(record, self.terms.name, epoch, self._task_of) for record in page)
        return [letter for letter in found if letter is not None]

    def _task_of(self, run: str) -> str:
        tasks = self.chain.state.tasks.values()
        return next((task.id for task in tasks if task.run == run), "")

    def _bring(self, letter: Letter) -> str:
        """Give it to whom it is for; why somebody has it not (empty: nobody was passed over, or it
        is on a topic that nobody at work hears).
        """
        if letter.topic:
            return self._spread(letter) if self._box.shares(letter.topic) else ""
        run, to = self._reader(letter.to.partition("/")[2])
        return "nobody of that name is at work" if run is None else self._give(run, letter, to)

    def _spread(self, letter: Letter) -> str:
        """Give it to all who hear its topic; why one of them has it not."""
        why = ""
        for _, run in self._at_work():
            if run.id != letter.run or letter.service != self.terms.name:
                why = self._give(run, letter, "") or why
        return why

    def _give(self, run: Run, letter: Letter, to: str) -> str:
        event = MessageArrived(letter.sender, to, letter.payload, letter.id, letter.topic)
        try:
            run.deliver(event)
        except CallError as exc:
            return "" if letter.topic and exc.case == "unavailable" else exc.text
        return ""

    def _reader(self, to: str) -> tuple[Run | None, str]:
        """The run that an address within this service means, and who in it."""
        first, _, second = to.partition("/")
        for task, run in self._at_work():
            if task.id == first:
                return run, second or task.order.holder
        if not second:
            for task, other in self._at_work():
                if task.order.holder == first:
                    return other, first
        return None, ""

    def _at_work(self) -> list[tuple[Task, Run]]:
        """Runs that have begun, those of the oldest tasks first."""
        working = self.service.conductor.working.values()
        return [(one.task, one.run) for one in working if one.run is not None]


def _last(settings: Settings) -> int:
    with open_history(settings) as reader:
        return reader.last_position()
