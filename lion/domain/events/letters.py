"""Look here if you want to know which facts of a service's bus the log holds, in its own chain."""

from lion.domain.events.base import Event


class BusOpened(Event, frozen=True):
    """A service can be written to by this name. `epoch` is when it first was (nanoseconds since
    1970), `sent` after which position of the log messages leave, by way, `redis` where letters
    travel (empty: they stay here).
    """

    name: str
    peers: tuple[str, ...]
    topics: tuple[str, ...]
    redis: str
    epoch: int
    sent: dict[str, int]


class LettersSent(Event, frozen=True):
    """What the log has up to this position is on its way: `here`, or through `redis`."""

    way: str
    position: int


class LettersTaken(Event, frozen=True):
    """Letters came, and are where they belong: by service which was the last. `refused` were for
    nobody who reads, or not genuine: by id, why.
    """

    taken: dict[str, tuple[int, int]]
    refused: dict[str, str] = {}  # noqa: RUF012 - a struct copies it


class BrokerChanged(Event, frozen=True):
    """The broker is spoken to again, or cannot be (`error`)."""

    error: str = ""
