"""Look here if you want to know where a run leaves its questions to people, and gets answers."""

from typing import Protocol

from lion.domain.approval import Answer, Request, Standing, Waiting


class Desk(Protocol):
    """Where requests wait for people. Every method may raise AuditError or OperatorError for a
    desk that cannot be used.
    """

    async def standing(self, request: Request) -> Standing | None:
        """The answer that was given for this and later requests of its basis, if there is one."""
        ...

    async def adopt(self, request: Request) -> Waiting | None:
        """The same call's request of before its run was resumed, if that waits still: once."""
        ...

    async def post(self, request: Request) -> None:
        """Lay a request out for whoever may answer."""
        ...

    async def wait_answered(self, id: str) -> Answer:
        """Wait until somebody has answered it."""
        ...

    async def take(self, id: str) -> bool:
        """Use up the answer to a request: True for the first who asks, False ever after."""
        ...

    async def withdraw(self, id: str) -> None:
        """Take a request away that nobody has to answer any more."""
        ...
