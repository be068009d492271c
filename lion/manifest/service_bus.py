"""Look here if you want to know which keys `[service.bus]` has, and how they become the terms of a
service's bus.

Rule: no password stands in a manifest: it names secrets, and the operator says where they may go.
"""

from typing import Final

from lion.domain.bus_terms import BusTerms, parse_place
from lion.manifest.base_table import Table
from lion.manifest.document import Document
from lion.manifest.fields import Count, Name, TopicScope

MOST_PEERS: Final = 64
MOST_TOPICS: Final = 64
MOST_KEPT: Final = 1_000_000
_TABLE: Final = ("service", "bus")


class ServiceBusTable(Table):
    """By which name others write to a service's runs, and through which Redis other services."""

    name: Name
    topics: list[TopicScope] = []
    peers: list[Name] = []
    redis: str | None = None
    user: str | None = None
    password: Name | None = None
    key: Name | None = None
    keep: Count = 10_000


def build_bus(document: Document, table: ServiceBusTable) -> BusTerms:
    """The terms of a service's bus. Raises OperatorError."""
    _check_together(document, table)
    place = None if table.redis is None else parse_place(table.redis)
    if table.redis is not None and place is None:
        what = "redis is no address of a Redis"
        raise document.error(
            (*_TABLE, "redis"), what, 'write "redis://host:6379" or "rediss://..."'
        )
    return BusTerms(
        name=table.name, topics=tuple(table.topics), peers=tuple(dict.fromkeys(table.peers)),
        redis=place, user=table.user or "", password=table.password or "", key=table.key or "",
        keep=table.keep,
    )  # fmt: skip


def _check_together(document: Document, table: ServiceBusTable) -> None:
    """Raise OperatorError for keys that make no sense with each other, or are too many."""
    if (table.redis is None) != (not table.peers):
        what = "redis and peers go together"
        raise document.error(_TABLE, what, 'write peers = ["east"], and redis = "redis://..."')
    if (table.redis is None) != (table.key is None):
        what = "redis and key go together"
        raise document.error(_TABLE, what, 'write key = "NAME", a secret that all services share')
    if table.name in table.peers:
        what = f"{table.name!r} is this service itself"
        raise document.error((*_TABLE, "peers"), what, "name the others")
    for key, most in (("peers", MOST_PEERS), ("topics", MOST_TOPICS)):
        if len(getattr(table, key)) > most:
            raise document.error((*_TABLE, key), f"at most {most} {key}", "leave some out")
    if not 1 <= table.keep <= MOST_KEPT:
        what = f"a stream keeps 1 to {MOST_KEPT:,} letters"
        raise document.error((*_TABLE, "keep"), what, "write 10_000, or leave it out")
    if table.user is not None and (table.password is None or not table.user.isprintable()):
        what = "a user has a password"
        raise document.error((*_TABLE, "user"), what, 'write password = "NAME", a secret')
