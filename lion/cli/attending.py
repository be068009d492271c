"""Look here if you want to know what is done while a gateway answers: its addresses are shown
until a signal comes, or a program of others runs to its end.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from lion.cli.screen import open_screen
from lion.cli.walls import render_wall
from lion.domain.text import show_line
from lion.errors import INTERRUPTED, OperatorError
from lion.settings import Settings

if TYPE_CHECKING:
    from lion.gateway.entry import Gateway
    from lion.gateway.program import Program


class Typed(msgspec.Struct, frozen=True, kw_only=True):
    """What was typed of a program: its command, variables, whether walls are raised around it, and
    what it may read behind them.
    """

    command: Sequence[str]
    env: Mapping[str, str] = {}
    harden: bool = False
    read: Sequence[str] = ()

    def check(self) -> None:
        """Raise OperatorError for what is said of no program."""
        if not self.command and (self.env or self.harden or self.read):
            raise OperatorError(
                "--env, --harden and --read are for a program", hint="add -- PROGRAM ARGS"
            )
        if self.read and not self.harden:
            raise OperatorError("without --harden it may read what you may", hint="add --harden")


def program_of(typed: Typed, names: Sequence[str], settings: Settings) -> "Program":
    """The program to run. Raises OperatorError."""
    from lion.gateway.program import Program
    from lion.wall.around_child import found, held_around, walls_of

    if len(names) > 1:
        raise OperatorError(
            f"the program would be one of {', '.join(names)}",
            hint=f"say which: --as {names[0]}",
        )
    screen = open_screen("stderr")
    screen.line(f"UNSANDBOXED  {names[0]} is {show_line(str(found(typed.command)))}")
    walls = None
    if typed.harden:
        read = tuple(Path(path).resolve() for path in typed.read)
        walls = partial(walls_of, typed.command, settings=settings, read=read)
        walls(Path(), 1)
        for line in render_wall(held_around()):
            screen.line(line)
    return Program(command=tuple(typed.command), env=typed.env, walls=walls)


async def until_ended(gateway: "Gateway", running: "Program", ended: list[int]) -> None:
    """Run the program to its end, or until a signal."""
    import trio

    from lion.gateway.program import run_program

    (place,) = gateway.places
    async with trio.open_nursery() as nursery:

        async def run() -> None:
            ended.append(await run_program(running, place, gateway.sessions[place.agent]))
            nursery.cancel_scope.cancel()

        async def stop() -> None:
            await until_stopped(None, as_json=False)
            ended.append(INTERRUPTED)
            nursery.cancel_scope.cancel()

        nursery.start_soon(run)
        nursery.start_soon(stop)


async def until_stopped(gateway: "Gateway | None", *, as_json: bool) -> None:
    import trio

    from lion.kernel.interrupts import heeded_signals

    with trio.open_signal_receiver(*heeded_signals()) as signals:
        if gateway is not None:
            _show(gateway, as_json=as_json)  # not before a signal is heard
        async for _ in signals:
            return


def _show(gateway: "Gateway", *, as_json: bool) -> None:
    screen = open_screen("stdout")
    if as_json:
        ready = {"state": "ready", "agents": gateway.places}
        screen.line(msgspec.json.encode(ready).decode())
        return
    for place in gateway.places:
        screen.line(f"# {place.agent}")
        for name, value in place.environment().items():
            screen.line(f"{name}={value}")
