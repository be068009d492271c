"""Look here if you want to know how a client from outside asks a model, and hears the answer.

Rule: each event of the answer is a host call on record, as a guest's would be; whoever hears
slowly slows the model, and who leaves ends it.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import trio

from lion.domain.call import CallError
from lion.kernel.broker import Broker
from lion.kernel.groups import flattened
from lion.kernel.session import Session


class Question:
    """One question of a client's. Made by open_question. `path` is its place in the tree of
    calls.
    """

    def __init__(self, session: Session, broker: Broker, path: str) -> None:
        self.path = path
        self._session = session
        self._broker = broker
        self._rep = 0

    async def ask(self, chat: dict[str, Any]) -> None:
        """Ask, by a record `llm.chat` of wit/llm.wit. Raises CallError."""
        index = self._session.index("llm", ("start",))
        started = await self._session.handle(self._broker, index, [chat])
        self._rep = started["answer"]

    async def next(self) -> tuple[str, Any] | None:
        """The next event of the answer as in `llm.event`, None after the last. Raises CallError:
        why it broke off.
        """
        index = self._session.index("llm", ("answer.next",))
        event: tuple[str, Any] | None = await self._session.handle(
            self._broker, index, [self._rep]
        )
        return event


@asynccontextmanager
async def open_question(session: Session) -> AsyncIterator[Question]:
    """Room for one question; whoever leaves early ends the answer. Raises CallError of what is
    asked within.
    """
    invocation = session.root()
    failure: CallError | None = None
    with flattened():
        async with trio.open_nursery() as invocation.nursery:
            try:
                yield Question(session, Broker(invocation), invocation.path)
            except CallError as exc:
                failure = exc  # as it is, and not as the group of a nursery
            finally:
                invocation.handles.close()
                invocation.nursery.cancel_scope.cancel()
    if failure is not None:
        raise failure
