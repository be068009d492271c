"""Look here if you want to know how a host is opened whose runs are dry."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from lion.capabilities.table import build_operations
from lion.dry.programs import without_programs
from lion.dry.samples import Samples
from lion.dry.services import load_unopened, open_dry_services
from lion.dry.stand_in import MissingGrants
from lion.dry.store import overlaid
from lion.fittings import Fittings
from lion.host import Host
from lion.kernel.faked_tools import install_faked_tools
from lion.opening import open_fitted
from lion.settings import Settings


def dry_fittings(samples: Samples) -> Fittings:
    """What dry runs are fitted with: nothing that could act."""
    operations = overlaid(build_operations())
    install_faked_tools(operations, samples.tools)
    operations |= without_programs()
    return Fittings(
        operations=operations,
        services=partial(open_dry_services, samples),
        open_system=partial(load_unopened, samples),
        stand_in=MissingGrants,
    )


@asynccontextmanager
async def open_dry_host(
    settings: Settings, samples: Samples, *, signals: bool = False
) -> AsyncIterator[Host]:
    """A host on the real log and engine, by the real policy. Raises as open_host."""
    async with open_fitted(settings, signals=signals, fittings=dry_fittings(samples)) as host:
        yield host
