"""Look here if you want to know which keys `[service]` has, and how they become a service's
terms.
"""

from collections.abc import Mapping

from lion.domain.names import did_you_mean
from lion.domain.plan import Holder
from lion.domain.service_terms import STRATEGIES, ServiceTerms
from lion.manifest.base_table import Table
from lion.manifest.document import Document
from lion.manifest.fields import Count, Name, Time
from lion.manifest.service_bus import ServiceBusTable, build_bus


class ServiceTable(Table):
    """What a service that begins with this manifest is held to."""

    slots: Count | None = None
    strategy: str | None = None
    ageing: Time | None = None
    adviser: Name | None = None
    resources: dict[str, Count] | None = None
    queue: Count | None = None
    grace: Time | None = None
    bus: ServiceBusTable | None = None


def build_service(
    document: Document, table: ServiceTable, holders: Mapping[str, Holder]
) -> ServiceTerms:
    """The terms of a service. Raises OperatorError."""
    if table.strategy is not None and table.strategy not in STRATEGIES:
        what = f"{table.strategy!r} is no strategy"
        hint = did_you_mean(table.strategy, STRATEGIES)
        raise document.error(("service", "strategy"), what, hint)
    if table.adviser is not None and table.adviser not in holders:
        what = f"there is no plugin {table.adviser!r}"
        hint = did_you_mean(table.adviser, holders)
        raise document.error(("service", "adviser"), what, hint)
    for key in ("slots", "queue"):
        if getattr(table, key) == 0:
            raise document.error(("service", key), "0 would let nothing work", "write 1 or more")
    bus = None if table.bus is None else build_bus(document, table.bus)
    names = {"ageing": "ageing_ns", "grace": "grace_ns"}
    written = {names.get(key, key): value for key, value in table if value is not None}
    return ServiceTerms(**{**written, "bus": bus})
