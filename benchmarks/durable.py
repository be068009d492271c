"""Look here if you want to know what a recorded call costs beside a step of DBOS, which resumes
workflows from a database; it takes part if it is installed (`pip install dbos`).

Rule: both keep what they record in SQLite on this disk. What they promise is not the same:
docs/benchmarks.md says what each survives.
"""

import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import trio

from benchmarks.breakdown import EVENT, SCOPE
from benchmarks.lion_host import open_whole
from benchmarks.measure import Contest, Work
from lion.domain.events import CallFinished, CallRequested
from lion.domain.record import Draft
from lion.log.sqlite import SqliteLog, open_sqlite_log

WORD = "hello world"
_INTENT = CallRequested(
    args=["/note"], capability="fs", operation="unlink", target="/note",
    verdict=EVENT.verdict or "allow", reason=EVENT.reason, decided_by=EVENT.decided_by,
)  # fmt: skip


def _effects(log: SqliteLog) -> Work:
    """One after the other, each intent durable before its effect would happen."""

    async def work(count: int) -> None:
        for call in range(count):
            log.append(Draft(SCOPE, call + 1, time.time_ns(), _INTENT))
            await log.commit()
            done = CallFinished(EVENT.status, ("ok", None))
            log.append(Draft(SCOPE, call + 1, time.time_ns(), done))

    return work


@contextmanager
def _dbos(folder: Path) -> Iterator[Work]:
    """A workflow of so many steps, in a thread."""
    from dbos import DBOS  # type: ignore[import-not-found, unused-ignore]

    DBOS(
        config={
            "name": "bench",
            "system_database_url": f"sqlite:///{folder / 'dbos.sqlite'}",
            "run_admin_server": False,
            "log_level": "ERROR",
        }
    )

    def echo(text: str) -> str:
        return text

    step: Any = DBOS.step()(echo)

    def repeat(count: int) -> None:
        for _ in range(count):
            assert step(WORD) == WORD

    workflow: Any = DBOS.workflow()(repeat)
    DBOS.launch()

    async def work(count: int) -> None:
        await trio.to_thread.run_sync(workflow, count)

    try:
        yield work
    finally:
        DBOS.destroy()


@asynccontextmanager
async def _open() -> AsyncIterator[dict[str, Work]]:
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        lion = await stack.enter_async_context(open_whole())
        works: dict[str, Work] = {"lion": lion.loop("config-n")}
        for name, kept in (("effect", "normal"), ("effect, full", "full")):
            log = await stack.enter_async_context(
                open_sqlite_log(folder / kept, durability=kept, quota=1 << 40)
            )
            await log.start_run(SCOPE.run, "bench")
            works[name] = _effects(log)
        if find_spec("dbos") is not None:
            works["DBOS"] = stack.enter_context(_dbos(folder))
        yield works


CONTESTS = (
    Contest(name="durable_step", title="a recorded call, and a step of DBOS", count=500,
            open=_open, note="`effect` is an intent that is committed first, and its outcome, one "
            "after the other, without a guest; what each survives is in docs/benchmarks.md"),
)  # fmt: skip
