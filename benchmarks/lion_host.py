"""Look here if you want to know how the bench drives the whole of lion, log on disk included."""

import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from lion.domain.plan import Plan
from lion.history import replay_run
from lion.host import Host
from lion.manifest.parse import parse_manifest
from lion.opening import open_host
from lion.review.report import RunReport
from lion.settings import Settings

BUILT = Path(__file__).parents[1] / "plugins-wasm"

_MANIFEST = f"""
name = "bench"
[plugins.bench]
component = {str(BUILT / "bench.wasm")!r}
config = {{ greeting = "hello world" }}
allow.kv = {{ bytes = "1 MiB" }}
allow.tools = ["bench.*"]
limits = {{ deadline = "10 min", cpu = "10 min" }}
"""

_AGENTS = f"""
name = "bench"
[agents.waiter]
component = {str(BUILT / "waiter.wasm")!r}
limits = {{ memory-sum = "16 GiB" }}
"""


def agents_plan(count: int, nanos: int) -> Plan:
    """This many agents that wait three times, `nanos` nanoseconds each, and speak five times."""
    table = f"[agents.waiter.config]\nnanos = {nanos}\n"
    return parse_manifest(
        _AGENTS + table + '[[run]]\nagent = "waiter"\ntask = "wait"\n' * count, path=None
    )


def plan_of(tool: str, count: int) -> Plan:
    """A run of one call of a looping export of bench.wasm."""
    call = f'[[run]]\ncall = "bench.{tool}"\nwith = {{ n = {count} }}\n'
    return parse_manifest(_MANIFEST + call, path=None)


class WholeLion:
    """An open host in a directory of its own."""

    def __init__(self, host: Host, settings: Settings) -> None:
        self.host = host
        self.settings = settings

    async def run(self, tool: str, count: int) -> RunReport:
        """One run; all its calls must have worked."""
        return await self.done(plan_of(tool, count), count)

    async def done(self, plan: Plan, count: int) -> RunReport:
        """Run a plan of one call that answers how often it worked: every time."""
        report = await self.host.run(plan)
        assert report.exit_code == 0 and report.endings[0].value == count, report
        return report

    def loop(self, tool: str) -> Callable[[int], Awaitable[Any]]:
        """Runs whose guest makes `count` policed calls; the run is part of the cost."""

        async def work(count: int) -> None:
            await self.run(tool, count)

        return work

    async def wait(self, count: int, nanos: int = 300_000_000) -> None:
        """Agents that all wait at once."""
        report = await self.host.run(agents_plan(count, nanos))
        assert report.exit_code == 0, report

    async def replay(self, run: str) -> None:
        """Replay a run; it must come out the same."""
        report = await replay_run(self.settings, run)
        assert report.identical, report


@asynccontextmanager
async def open_whole(cache: Path | None = None) -> AsyncIterator[WholeLion]:
    """A host with its log (and cache, if none is named) in a directory that goes in the end."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(state=Path(folder) / "state", cache=cache or Path(folder) / "cache")
        async with open_host(settings) as host:
            yield WholeLion(host, settings)
