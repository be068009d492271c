"""Look here if you want to know which of several errors at once is the one that counts."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

import trio

from lion.errors import LionError


def flatten(error: BaseException) -> BaseException:
    """The one error of a group that matters most: a LionError by exit code, else the first that is
    no cancellation.
    """
    if not isinstance(error, BaseExceptionGroup):
        return error
    leaves = [flatten(e) for e in error.exceptions]
    lions = [e for e in leaves if isinstance(e, LionError)]
    if lions:
        return max(lions, key=lambda e: e.exit_code)
    return next((e for e in leaves if not isinstance(e, trio.Cancelled)), leaves[0])


_CUTS = (trio.Cancelled, KeyboardInterrupt)


def is_cut(error: BaseException) -> bool:
    """Whether work was stopped from outside, rather than by an error of its own, whatever class
    that is of.
    """
    if isinstance(error, BaseExceptionGroup):
        return error.subgroup(_CUTS) is not None
    return isinstance(error, _CUTS)


@contextmanager
def flattened() -> Iterator[None]:
    """Around a nursery: whoever waits outside gets the one error and not the group.

    What is told in a sentence keeps its own cause and needs no group; a bug shows all there was.
    """
    try:
        yield
    except BaseExceptionGroup as group:
        raise_flat(group)


def raise_flat(group: BaseExceptionGroup[BaseException]) -> NoReturn:
    """Raise the one error of a nursery's group."""
    error = flatten(group)
    if isinstance(error, LionError):
        raise error from error.__cause__
    raise error from group
