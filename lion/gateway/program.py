"""Look here if you want to know how `lion gateway` runs a program of others: what it is given, and
how it ends.

Rule: no sandbox holds it, and the log says so. Its environment has where to find its models and
tools, and what was typed for it; nothing of ours.
Rule: it ends with the gateway, and so does what it has started.
"""

import json
import os
import secrets
import signal
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

import msgspec
import trio

from lion.domain.text import show_line
from lion.errors import OperatorError
from lion.gateway.entry import Place
from lion.kernel.session import Session
from lion.programs.family import MARK, descendants, end_family
from lion.wall.around_child import Walls

GRACE: Final = 5.0
"""Seconds that it has to end by itself when it is told to."""
PASSED: Final = ("PATH", "LANG", "LC_ALL", "TERM", "TZ")
"""What it has of our environment."""
HOME: Final = "LION_HOME"
"""The variable that says where it may write: a folder that is gone afterwards."""
Raise = Callable[[Path, int], Walls]
"""The walls around it, by its home and the gateway's port. Raises OperatorError."""


class Program(msgspec.Struct, frozen=True, kw_only=True):
    """A program to run: its command, variables of its own, the walls around it (None: none)."""

    command: tuple[str, ...]
    env: Mapping[str, str] = {}
    walls: Raise | None = None


async def run_program(program: Program, place: Place, session: Session) -> int:
    """Run it to its end; its exit code, 128 and the signal's number if one ended it. Whoever is
    cancelled in this ends it. Raises OperatorError if it cannot be started.
    """
    with tempfile.TemporaryDirectory(prefix="lion-agent-") as home:
        mark = secrets.token_hex(16)
        env = environment(program, place, home) | {MARK: mark}
        command = list(program.command)
        if program.walls is not None:
            command = walled(program.walls(Path(home), place.port), command)
        named = show_line(" ".join(program.command), longest=200)
        held = "behind a wall" if program.walls is not None else "no wall around it"
        session.note(f"UNSANDBOXED: {session.name} is the program {named} ({held})")
        try:
            process = await trio.lowlevel.open_process(command, env=env, start_new_session=True)
        except (OSError, ValueError) as exc:
            raise OperatorError(
                f"{program.command[0]!r} cannot be started: {exc}",
                hint="name a program of your PATH, or its path",
            ) from exc
        try:
            code = await process.wait()
        finally:
            with trio.CancelScope(shield=True):
                await _end(process, mark)
        code = code if code >= 0 else 128 - code
        session.note(f"{session.name}: the program ended with exit code {code}")
        return code


def environment(program: Program, place: Place, home: str) -> dict[str, str]:
    """All of its environment but its mark."""
    passed = {name: os.environ[name] for name in PASSED if name in os.environ}
    own = {"HOME": home, "TMPDIR": home, HOME: home}
    return {**passed, **own, **place.environment(), **program.env}


def walled(walls: Walls, command: Sequence[str]) -> list[str]:
    """The command that raises the walls around itself and becomes that one."""
    root = str(Path(__file__).parents[2])
    code = (
        f"import sys; sys.path.insert(0, {root!r}); "
        "from lion.wall.around_child import main; main()"
    )
    return [sys.executable, "-E", "-s", "-c", code, json.dumps(walls.to_json()), *command]


async def _end(process: trio.Process, mark: str) -> None:
    """Let it end by itself, for a moment; then end it and all that it has started."""
    started = list(descendants(process.pid))
    if process.returncode is None:
        process.send_signal(signal.SIGTERM)
        with trio.move_on_after(GRACE):
            await process.wait()
    end_family(process.pid, started, mark)
    await process.wait()
