"""A program that runs something busy: `busy.py HOW STATE CACHE`; it leaves SIGINT to Python."""

import atexit
import sys
from typing import Any

import trio

import lion
from tests.endurance.process import BUSY


async def on_trio(**words: Any) -> None:
    """The busy run, followed; its first record is told."""
    async with lion.open_host(**words) as host:
        run = await host.start(BUSY)
        is_told = False
        async for record in run:
            if not is_told and record.type == "AgentSpawned":
                is_told = True
                print("began", flush=True)
        print("ended", (await run).exit_code, flush=True)


def blocking(**words: Any) -> None:
    """The same without a loop."""
    with lion.blocking.open_host(**words) as host:
        run = host.start(BUSY)
        is_told = False
        for record in run:
            if not is_told and record.type == "AgentSpawned":
                is_told = True
                print("began", flush=True)
        print("ended", run.wait().exit_code, flush=True)


def unclosed(**words: Any) -> None:
    """The same by a program that never closes the host."""
    manager = lion.blocking.open_host(**words)
    host = manager.__enter__()
    globals()["kept"] = manager
    # A thread that runs a text while Python ends lets it forget that it was interrupted.
    atexit.register(lambda: exec(""))
    run = host.start(BUSY)
    for record in run:
        if record.type == "AgentSpawned":
            print("began", flush=True)
            break
    print("ended", run.wait().exit_code, flush=True)


def main() -> None:
    how, state, cache = sys.argv[1:]
    match how:
        case "trio":
            trio.run(lambda: on_trio(state=state, cache=cache))
        case "blocking":
            blocking(state=state, cache=cache)
        case "unclosed":
            unclosed(state=state, cache=cache)


if __name__ == "__main__":
    main()
