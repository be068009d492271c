"""Look here if you want to know how a test runs a manifest against the real host, and reads what
it left.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from lion.domain.events import CallFinished, Event
from lion.domain.record import Record
from lion.history import ReplayReport, open_history, replay_run
from lion.host import Host
from lion.manifest.parse import parse_manifest
from lion.opening import open_host
from lion.review.report import Ending, RunReport
from lion.settings import Settings
from tests.wasm.kit import BUILT, cache_directory

HEAD = 'name = "attack"\n'


def holder(name: str, component: str, *lines: str, kind: str = "plugins") -> str:
    """One table of a manifest."""
    path = BUILT / f"{component}.wasm"
    return "\n".join([f"[{kind}.{name}]", f'component = "{path}"', *lines, ""])


def call(tool: str, **arguments: Any) -> str:
    """One [[run]] table that calls a tool."""
    import tomli_w

    given = tomli_w.dumps({"run": {"with": arguments}}) if arguments else ""
    return f'[[run]]\ncall = "{tool}"\n{given}'


def task(agent: str, text: str = "go") -> str:
    """One [[run]] table that starts an agent."""
    return f'[[run]]\nagent = "{agent}"\ntask = "{text}"\n'


class Arena:
    """An open host on a state directory of its own."""

    def __init__(self, host: Host, settings: Settings) -> None:
        self.host = host
        self.settings = settings

    async def run(self, *tables: str, watch: Callable[[Record], None] | None = None) -> RunReport:
        """Run a manifest made of these tables."""
        return await self.host.run(parse_manifest(HEAD + "".join(tables), path=None), watch=watch)

    def records(self, run: str) -> list[Record]:
        """What the log has of a run, once it verifies."""
        with open_history(self.settings) as reader:
            assert reader.verify(run).finished
            return list(reader.records(run))

    def events(self, run: str) -> list[Event]:
        """The facts of a run."""
        return [r.event() for r in self.records(run)]

    def calls(self, run: str) -> list[CallFinished]:
        """The host calls of a run."""
        return [e for e in self.events(run) if isinstance(e, CallFinished)]

    async def replay(self, run: str) -> ReplayReport:
        """The run executed again from the log."""
        return await replay_run(self.settings, run)


@asynccontextmanager
async def open_arena(directory: Path, policy: str = "", **more: Any) -> AsyncIterator[Arena]:
    """A real host: engine, SQLite log, policy; `more` are further settings."""
    path = None
    if policy:
        path = directory / "policy.toml"
        path.write_text(policy, "utf-8")
    settings = Settings(state=directory / "state", cache=cache_directory(), policy=path, **more)
    async with open_host(settings) as host:
        yield Arena(host, settings)


def only(report: RunReport) -> Ending:
    """The ending of a run of one."""
    (ending,) = report.endings
    return ending
