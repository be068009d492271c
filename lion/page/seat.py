"""Look here if you want to know what a screen is given: the service, who looks, what was asked."""

from collections.abc import Mapping
from functools import partial

import msgspec

from lion.domain.approval import Waiting
from lion.domain.task import Principal, TaskState
from lion.page.authority import Ledger
from lion.page.drift import Drift, Looks
from lion.page.frame import Gauges
from lion.page.streams import Streams
from lion.reading import beside
from lion.service.living import Living
from lion.service.tasks import Task
from lion.settings import Settings
from lion.upkeep import list_waiting


class Seat(msgspec.Struct, frozen=True, kw_only=True):
    """Who looks at what. `path` are the words behind the screen's, `query` the last of each
    name."""

    living: Living
    streams: Streams
    looks: Looks
    ledger: Ledger
    by: Principal
    path: tuple[str, ...] = ()
    query: Mapping[str, str] = {}
    nonce: str = ""

    @property
    def settings(self) -> Settings:
        """Where the service works."""
        return self.living.settings

    @property
    def tasks(self) -> list[Task]:
        """All that are listed, in the order in which they were submitted. Raises OperatorError
        for who may not look."""
        return self.living.service.tasks(self.by)

    async def waiting(self) -> list[Waiting]:
        """What waits for a person and was not answered, oldest first."""
        found = await beside(partial(list_waiting, self.settings))
        return [one for one in found if one.answer is None]

    async def drifts(self) -> list[Drift]:
        """Manifests whose code is not what was agreed to."""
        return await self.looks.drifts(self.by)

    def gauges(self, waiting: int) -> Gauges:
        """What the rail says; so many calls wait for a person."""
        service = self.living.service
        tasks = self.tasks
        held = sum(not one.held.idle for one in service.conductor.working.values())
        counts = {
            "attention": waiting,
            "live": sum(one.state is TaskState.PROCESSING for one in tasks),
            "plugins": sum(len(one.holders) for one in service.chain.state.workspace),
        }
        return Gauges(
            slots=f"{held} of {service.terms.slots}", queue=f"{service.conductor.waiting:,}",
            runs=f"{sum(bool(one.run) for one in tasks):,}", counts=counts, nonce=self.nonce,
        )  # fmt: skip
