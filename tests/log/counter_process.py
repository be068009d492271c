"""A process that counts in a store of kv, for tests of several that share one.

Arguments: DIRECTORY RUN COUNT. It adds one COUNT times, each after what it read, and prints the
first new numbers (a pipe that nobody reads must not stop it).
"""

import sys
from pathlib import Path

import trio

from lion.log.sqlite import open_sqlite_log
from lion.ports import EventLog, Tables
from tests.log.rig import draft, finished

STORE = "owner/guide"
SHOWN = 100


async def add_one(log: EventLog, run: str, store: str = STORE) -> int:
    """Add one to the number that is kept; the new one."""

    def add(tables: Tables) -> int:
        value = int(tables.kv_get(store, "count") or 0) + 1
        tables.kv_set(store, "count", str(value))
        return value

    await log.wait_store(store)
    return (await log.transact(add, lambda value: draft(str(value), run=run), store))[0]


async def main(directory: Path, run: str, count: int) -> None:
    async with open_sqlite_log(directory) as log:
        await log.start_run(run, "hello")
        for done in range(count):
            value = await add_one(log, run)
            await trio.lowlevel.checkpoint()  # As a guest's polls are: others have their turns.
            if done < SHOWN:
                print(value, flush=True)
        log.append(finished(run=run))


if __name__ == "__main__":
    _, directory, run, count = sys.argv
    trio.run(main, Path(directory), run, int(count))
