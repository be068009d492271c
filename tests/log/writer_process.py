"""A process that writes to a log, for tests that need several processes, or to kill one.

Arguments: DIRECTORY RUN HOW COUNT. HOW is `count` (COUNT records, then RunFinished) or `forever`
(until killed). After each commit it prints how many records of its run are durable.
"""

import sys
from pathlib import Path

import trio

from lion.log.sqlite import open_sqlite_log, open_sqlite_reader
from tests.log.rig import draft, finished


async def main(directory: Path, run: str, how: str, count: int) -> None:
    async with open_sqlite_log(directory) as log:
        await log.start_run(run, "hello")
        print("started", flush=True)
        with open_sqlite_reader(directory) as reader:
            written = sum(1 for _ in reader.records(run))
        while how == "forever" or written < count:
            for _ in range(1 + written % 7):
                written += 1
                log.append(draft("x" * (written * 37 % 6_000), run=run, call=written))
            await log.commit()
            print(written, flush=True)
        log.append(finished(run=run))


if __name__ == "__main__":
    _, directory, run, how, count = sys.argv
    trio.run(main, Path(directory), run, how, int(count))
