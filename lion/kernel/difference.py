"""Look here if you want to know what a replay says where it was not the run."""

import msgspec


class Difference(msgspec.Struct, frozen=True):
    """The first place where the second execution was not the first: both sides, written out."""

    invocation: str
    call: int
    recorded: str
    replayed: str
