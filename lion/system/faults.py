"""Look here if you want to know what becomes of an exception in a system plugin's code.

Rule: it is translated once, here; what is lion's own (a refusing log) and a cancellation pass.
Rule: its text goes into the record with the values of secrets starred out, never to a guest.
"""

import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import trio

from lion.domain.text import show_line
from lion.errors import GuestError, LionError
from lion.system.contract import ToolError
from lion.system.extension import Failure

Scrub = Callable[[str], str]

LONGEST = 1_000
"""Characters of an exception's text that are kept."""
FRAMES = 8


def told(exc: BaseException) -> str:
    """An exception on one line: `ValueError: no such book`."""
    text = _text(exc)
    return f"{type(exc).__name__}: {text}" if text else type(exc).__name__


def _text(exc: BaseException) -> str:
    try:
        text = str(exc)
    except Exception:  # noqa: BLE001 - somebody else's __str__, which is broken too
        return "(its text cannot be read)"
    return show_line(text.strip(), longest=LONGEST)


@contextmanager
def translated(what: str, scrub: Scrub) -> Iterator[None]:
    """Around code of a plugin's: raises GuestError(ending="raised") for what it raises.

    ToolError and Failure pass: those are values.
    """
    try:
        yield
    except (LionError, ToolError, Failure):
        raise
    except (trio.Cancelled, KeyboardInterrupt):
        raise
    except BaseExceptionGroup as group:
        # Its own nursery was cut: a cancellation wins over what else it raised meanwhile.
        ours = group.subgroup((trio.Cancelled, KeyboardInterrupt))
        if ours is not None:
            raise ours from None
        raise _raised(what, group, scrub) from group
    except BaseException as exc:
        # GeneratorExit, CancelledError of asyncio, a class of its own: none of them is ours.
        raise _raised(what, exc, scrub) from exc


def _raised(what: str, exc: BaseException, scrub: Scrub) -> GuestError:
    return GuestError(
        f"{what} raised {type(exc).__name__}",
        ending="raised",
        words=scrub(_text(exc)),
        frames=_frames(exc),
    )


def _frames(exc: BaseException) -> tuple[str, ...]:
    """Where it was raised, innermost first: `shelf.py:12 find`."""
    frames = traceback.extract_tb(exc.__traceback__)
    outside = [frame for frame in frames if Path(frame.filename).parent != Path(__file__).parent]
    shown = [f"{Path(f.filename).name}:{f.lineno} {f.name}" for f in reversed(outside)]
    return tuple(shown[:FRAMES])
