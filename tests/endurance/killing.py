"""Look here if you want to know how a process of lion kills itself at a moment that has a name.

    python -m tests.endurance.killing POINT NUMBER WORDS...

runs `lion WORDS...` and sends itself SIGKILL when it passes POINT for the NUMBER-th time.
"""

import os
import signal
import sys
from collections.abc import Callable
from importlib import import_module
from typing import Any

import msgspec

POINTS = (
    "before-commit", "after-commit", "before-effect", "after-effect", "before-hand-over",
    "after-hand-over", "child-end", "rehearsed",
)  # fmt: skip


def build_pass(point: str, number: int) -> Callable[[str], None]:
    """What is called with the name of each point that is passed."""
    left = [number]

    def passed(name: str) -> None:
        if name == point:
            left[0] -= 1
            if not left[0]:
                os.kill(os.getpid(), signal.SIGKILL)

    return passed


def around(passed: Callable[[str], None], where: Any, name: str, before: str, after: str) -> None:
    """Let a function, or one that waits, pass points."""
    real = getattr(where, name)

    def plain(*args: Any, **words: Any) -> Any:
        passed(before)
        value = real(*args, **words)
        passed(after)
        return value

    async def waiting(*args: Any, **words: Any) -> Any:
        passed(before)
        value = await real(*args, **words)
        passed(after)
        return value

    is_waiting = real.__code__.co_flags & 0x80
    setattr(where, name, waiting if is_waiting else plain)


def install(passed: Callable[[str], None]) -> None:
    """Put the points where they belong."""
    import lion.kernel.tool_calls
    import lion.resuming
    from lion.domain.call import Effect
    from lion.kernel.resumed import Resumed
    from lion.log.sqlite_store import SqliteStore

    around(passed, SqliteStore, "write", "before-commit", "after-commit")
    around(passed, Resumed, "_revive", "before-hand-over", "after-hand-over")
    around(passed, lion.kernel.tool_calls, "execute_tool", "", "child-end")
    around(passed, lion.resuming, "rehearse", "", "rehearsed")
    host: Any = import_module("lion.host")
    real = host.host_functions

    def host_functions(given: Any) -> Any:
        return {key: wrapped(one) for key, one in real(given).items()}

    def wrapped(operation: Any) -> Any:
        if operation.effect is not Effect.OUTSIDE:
            return operation

        async def execute(*args: Any) -> Any:
            passed("before-effect")
            value = await operation.execute(*args)
            passed("after-effect")
            return value

        return msgspec.structs.replace(operation, execute=execute)

    host.host_functions = host_functions


if __name__ == "__main__":
    install(build_pass(sys.argv[1], int(sys.argv[2])))
    from lion.cli.main import run_command

    sys.exit(run_command(sys.argv[3:]))
