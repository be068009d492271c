"""Look here if you want to know how endurance tests run the real host and see what it leaves."""

import os
import threading
from collections.abc import Sequence
from pathlib import Path

import trio

from lion.domain.plan import Plan
from lion.domain.record import Record
from lion.errors import OperatorError
from lion.history import ReplayReport, open_history, replay_run
from lion.host import Host
from lion.manifest.parse import parse_manifest
from lion.settings import Settings

ROOT = Path(__file__).parents[2]
BUILT = ROOT / "plugins-wasm"

AGENT = '[[run]]\nagent = "{}"\ntask = "{}"\n'


def plugin(name: str, *lines: str, component: str = "", table: str = "plugins") -> str:
    """A plugin's table of a manifest; `component` is its file if that has another name."""
    path = BUILT / f"{component or name}.wasm"
    return "\n".join([f"[{table}.{name}]", f'component = "{path}"', *lines, ""])


def agent(name: str, *lines: str, component: str = "") -> str:
    """An agent's table of a manifest."""
    return plugin(name, *lines, component=component, table="agents")


def call(tool: str, arguments: str = "{}") -> str:
    """One call to make; `arguments` is a TOML table."""
    return f'[[run]]\ncall = "{tool}"\nwith = {arguments}\n'


def manifest(*parts: str, name: str = "endurance") -> str:
    """A manifest's text."""
    return "\n".join([f'name = "{name}"', *parts])


def plan(*parts: str) -> Plan:
    """A manifest, resolved."""
    return parse_manifest(manifest(*parts), path=None)


def verified(settings: Settings, run: str, *, finished: bool = True) -> list[Record]:
    """The records of a run that must verify and be finished (or must not be)."""
    with open_history(settings) as reader:
        report = reader.verify(run)
        records = list(reader.records(run))
    assert report.finished is finished, f"{report.records} records"
    assert report.records == len(records)
    return records


def has_runs(settings: Settings) -> bool:
    """Whether any run has begun, also if who made the log was killed before it was whole."""
    try:
        with open_history(settings) as reader:
            return bool(reader.runs())
    except OperatorError:
        return False


def latest(settings: Settings) -> str:
    """The id of the run that began last."""
    with open_history(settings) as reader:
        return reader.find("last")


async def replayed(settings: Settings, run: str) -> ReplayReport:
    """The report of a replay that must be identical."""
    report = await replay_run(settings, run)
    assert report.identical, report.difference
    return report


def rss() -> int:
    """Bytes of memory of this process that are resident (Linux; elsewhere 0)."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0


def descriptors() -> int:
    """How many files this process has open."""
    return len(os.listdir("/dev/fd"))


def threads() -> int:
    """How many threads this process has, those of C libraries included where the system tells."""
    try:
        return len(os.listdir("/proc/self/task"))
    except OSError:
        return threading.active_count()


def temporaries(settings: Settings) -> list[Path]:
    """Files that were written to be renamed, and were not."""
    folders = (settings.state, settings.cache)
    return [p for folder in folders for p in folder.rglob(".*") if p.name != ".open"]


def live_instances(host: Host) -> tuple[int, int]:
    """Instances that hold a place, and guests the callbacks know: both 0 when nothing runs."""
    return host._runtime.live, len(host._runtime._shared.callbacks.guests)


class Heartbeat:
    """A task that wakes every `period` seconds and notes how late it was."""

    def __init__(self, period: float = 0.005) -> None:
        self.period = period
        self.late: list[float] = []

    async def beat(self) -> None:
        while True:
            due = trio.current_time() + self.period
            await trio.sleep_until(due)
            self.late.append(trio.current_time() - due)

    def figures(self) -> str:
        """Median, p99 and maximum in milliseconds."""
        median, p99 = percentile(self.late, 0.5), percentile(self.late, 0.99)
        most = max(self.late)
        return f"late: median {median * 1e3:.2f} ms, p99 {p99 * 1e3:.2f}, max {most * 1e3:.2f}"


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which this share of the values lies."""
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]
