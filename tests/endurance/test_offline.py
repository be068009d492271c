"""A replay needs neither sockets nor the file system: it works in a process without them."""

import hashlib
import subprocess
import sys
from pathlib import Path

import pytest
import trio

from lion.domain.plan import Plan
from lion.opening import open_host
from lion.settings import Settings
from tests.endurance.kit import AGENT, ROOT, agent, call, latest, plan, plugin

PROBES = ("+connect", "+resolve", "+bind", "+write", "+read", "+remove", "+spawn")

HONEST = plan(
    plugin("calculator"),
    plugin("hello"),
    plugin("notebook", 'allow.kv = { bytes = "64 KiB" }'),
    agent("guide", 'allow.tools = ["calculator.add", "hello.greet", "notebook.write"]'),
    agent("waiter", "config = { times = 2, pieces = 2, nanos = 1000000 }"),
    AGENT.format("guide", "show"),
    AGENT.format("waiter", "wait"),
    call("notebook.count"),
    call("calculator.divide", "{ a = 1, b = 0 }"),
)
HOSTILE = plan(
    plugin(
        "hostile",
        'limits = { cpu = "50 ms", memory = "8 MiB" }',
        'allow.kv = { bytes = "1 KiB" }',
    ),
    call("hostile.spin"),
    call("hostile.memory-bomb"),
    call("hostile.deep-recursion"),
    call("hostile.panic", '{ message = "help" }'),
    call("hostile.stop"),
    call("hostile.forged-poll"),
    call("hostile.forged-take", "{ handle = 7 }"),
    call("hostile.forged-drop", "{ handle = 7 }"),
    call("hostile.ungranted"),
    call("hostile.kv-flood", "{ n = 40, size = 100 }"),
    call("hostile.log-flood", "{ n = 300, size = 100 }"),
    call("hostile.nested-value"),
    call("hostile.bad-text"),
    call("hostile.bad-answer"),
)  # fmt: skip


async def record(settings: Settings, what: Plan, seconds: float = 60) -> str:
    """Run a plan, at most so long; its id."""
    async with open_host(settings) as host:
        await host.look_at(what)
        with trio.move_on_after(seconds):
            await host.run(what)
    return latest(settings)


def replay_offline(settings: Settings, *words: str) -> dict[str, str]:
    """What the process behind the fence says, by word."""
    here = [sys.executable, "-m", "tests.endurance.offline", settings.state, settings.cache]
    done = subprocess.run(
        [*here, *words], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    return dict(line.split(" ", 1) for line in done.stdout.splitlines())


def log_bytes(settings: Settings) -> dict[Path, str]:
    """Digests of the log's files, save the shared memory SQLite keeps its readers' locks in."""
    files = sorted(settings.state.glob("log.sqlite*"))
    return {
        p: hashlib.sha256(p.read_bytes()).hexdigest() for p in files if not p.name.endswith("-shm")
    }


async def test_everything_replays_behind_a_fence(settings: Settings) -> None:
    runs = [
        await record(settings, HONEST),
        await record(settings, HOSTILE),
        await record(settings, HOSTILE, seconds=0.1),
    ]
    before = log_bytes(settings)
    said = replay_offline(settings, *runs, *PROBES)
    assert {run: said[run] for run in runs} == dict.fromkeys(runs, "identical")
    assert {p for p in PROBES if said.get(p, "").startswith("denied")} == set(PROBES)
    # Leaving and entering WAL mode, a reader may drop an empty WAL; the log itself is as it was.
    after = log_bytes(settings)
    assert after[settings.state / "log.sqlite"] == before[settings.state / "log.sqlite"]


async def test_an_act_behind_the_fence_fails_the_replay(
    settings: Settings, tmp_path: Path
) -> None:
    """With an empty compile cache a replay would have to write one, and is refused."""
    run = await record(settings, HONEST)
    cold = Settings(state=settings.state, cache=tmp_path / "cold")
    with pytest.raises(AssertionError, match="Denied"):
        replay_offline(cold, run)
