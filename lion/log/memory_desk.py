"""Look here if you want to know how the desk behaves with nothing beneath it: a person of a test
answers at once.
"""

from collections.abc import Callable

import trio

from lion.domain.approval import Answer, Reach, Request, Standing, Waiting

Person = Callable[[Request], Answer | None]
"""Who answers; None lets the request wait."""


class MemoryDesk:
    """Implements ports.Desk. `posted` is everything that was laid out, in order."""

    def __init__(self, person: Person) -> None:
        self._person = person
        self._standing: list[Standing] = []
        self._answers: dict[str, Answer] = {}
        self.posted: list[Request] = []
        self._open: dict[str, Request] = {}
        self._adopted: set[str] = set()

    async def standing(self, request: Request) -> Standing | None:
        await trio.lowlevel.checkpoint()
        found = [
            one
            for one in reversed(self._standing)
            if one.basis == request.basis and one.run in ("", request.run)
        ]
        return min(found, key=lambda one: one.answer.allowed, default=None)

    async def adopt(self, request: Request) -> Waiting | None:
        await trio.lowlevel.checkpoint()
        for id, one in self._open.items():
            if id not in self._adopted and one.is_same_call(request):
                self._adopted.add(id)
                return Waiting(request=one, is_live=True, answer=self._answers.get(id))
        return None

    async def post(self, request: Request) -> None:
        await trio.lowlevel.checkpoint()
        self.posted.append(request)
        self._open[request.id] = request
        self._adopted.add(request.id)
        answer = self._person(request)
        if answer is None:
            return
        self._answers[request.id] = answer
        if answer.reach is not Reach.ONCE:
            run = request.run if answer.reach is Reach.RUN else ""
            self._standing.append(
                Standing(basis=request.basis, run=run, answer=answer, since_ns=0, request=request)
            )

    async def wait_answered(self, id: str) -> Answer:
        if id not in self._answers:
            await trio.sleep_forever()
        await trio.lowlevel.checkpoint()
        return self._answers[id]

    async def take(self, id: str) -> bool:
        await trio.lowlevel.checkpoint()
        self._open.pop(id, None)
        return self._answers.pop(id, None) is not None

    async def withdraw(self, id: str) -> None:
        await trio.lowlevel.checkpoint()
        self._open.pop(id, None)
        self._answers.pop(id, None)
