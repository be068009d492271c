"""Look here if you want to know what a service's bus is held to: its name there, with whom it
exchanges letters, and through which Redis.
"""

import re
from typing import Final

import msgspec

USUAL_PORT: Final = 6379
_PLACE: Final = re.compile(
    r"(rediss?)://(\[[0-9a-f:.]{2,45}\]|[a-z0-9._-]{1,253})(?::([0-9]{1,5}))?(?:/([0-9]{1,5})?)?"
)


class RedisPlace(msgspec.Struct, frozen=True, kw_only=True):
    """Where a Redis is; spoken to by TLS if its URL is `rediss://`."""

    host: str
    port: int = USUAL_PORT
    database: int = 0
    is_tls: bool = False

    @property
    def origin(self) -> str:
        """As people write it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"redis{'s' if self.is_tls else ''}://{host}:{self.port}"


class BusTerms(msgspec.Struct, frozen=True, kw_only=True):
    """A service's `name` for others, the `peers` it exchanges letters with, the `topics` that
    leave their runs (patterns). `user`, and the names of the secrets `password` and `key`, are for
    Redis and for the seals; `keep` is how many letters a stream of it holds.
    """

    name: str
    topics: tuple[str, ...] = ()
    peers: tuple[str, ...] = ()
    redis: RedisPlace | None = None
    user: str = ""
    password: str = ""
    key: str = ""
    keep: int = 10_000


def parse_place(text: str) -> RedisPlace | None:
    """`redis://host:6379/0`, without a name or a password; None for anything else."""
    found = _PLACE.fullmatch(text)
    port = int(found[3] or USUAL_PORT) if found else 0
    if found is None or not 1 <= port <= 65_535:
        return None
    return RedisPlace(
        host=found[2].strip("[]"), port=port, database=int(found[4] or 0),
        is_tls=found[1] == "rediss",
    )  # fmt: skip
