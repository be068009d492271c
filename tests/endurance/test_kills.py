"""SIGKILL at random moments of a run: the log opens, verifies, and shows how far it got."""

import json
import random
import signal
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
import trio

from lion.domain.events import RunStarted
from lion.settings import Settings
from tests.endurance.kit import call, manifest, plugin, replayed, verified
from tests.endurance.process import Ended, Shell
from tests.series import times

Say = Callable[[str], None]

NEXT = manifest(plugin("hello"), call("hello.greet", '{ name = "World" }'), name="next")


@pytest.fixture
def shell(settings: Settings, say: Say) -> Shell:
    seed = random.randrange(2**32)
    say(f"seed {seed}")
    settings.state.parent.mkdir(exist_ok=True)
    return Shell(settings, random.Random(seed))


def check_cut(shell: Shell, ended: Ended, before: int) -> str:
    """Check what one killed process left; say how far it got."""
    runs = shell.runs()[before:]
    if not runs:
        return "no record"
    (run,) = runs
    assert not run.is_live
    finished = run.exit_code is not None
    records = verified(shell.settings, run.run, finished=finished)
    assert isinstance(records[0].event(), RunStarted)
    assert len(records) == run.records
    replay = trio.run(replayed, shell.settings, run.run)
    assert replay.finished is finished
    if finished:
        return "to the end"
    assert ended.code == -signal.SIGKILL
    return "cut" if replay.calls else "cut before a call"


def series(shell: Shell, acts: list[Callable[[], Ended]]) -> Counter[str]:
    """Kill again and again over one state directory."""
    reached: Counter[str] = Counter()
    for act in acts:
        before = len(shell.runs())
        reached[check_cut(shell, act(), before)] += 1
    return reached


def check_next_run(shell: Shell) -> None:
    """The directory serves on: a run, the list of runs, and a verification by command."""
    cut = [run.run for run in shell.runs() if run.exit_code is None]
    path = shell.settings.state.parent / "next.toml"
    path.write_text(NEXT)
    done = shell.do("run", str(path))
    assert done.code == 0, done.err
    states = {run["run"]: run["state"] for run in json.loads(shell.do("runs", "--json").out)}
    assert {states[run] for run in cut} <= {"interrupted"}
    assert states[shell.runs()[-1].run] == "ended"
    for run in ("last", cut[-1]):
        assert shell.do("verify", run).code == 0
        assert shell.do("replay", run).code == 0


@pytest.mark.slow
def test_killed_runs_show_how_far_they_got(shell: Shell) -> None:
    kill = signal.SIGKILL
    acts = [
        lambda: shell.signal_once(kill, within=0.4),
        lambda: shell.signal_anywhere(kill, 0.6),
    ]
    reached = series(shell, acts)
    assert reached["cut"] >= 1
    check_next_run(shell)


@pytest.mark.slow
def test_killed_many_times(shell: Shell, say: Say, tmp_path: Path) -> None:
    kill = signal.SIGKILL
    count = times(50, sample=10)
    inside = [lambda: shell.signal_once(kill)] * count
    reached = series(shell, list(inside))
    say(f"SIGKILL {count} times in a run: {dict(reached)}")
    assert reached["cut"] >= count * 7 // 10
    begin = [lambda: shell.signal_anywhere(kill, 1.0)] * times(25, sample=6)
    cold = [tmp_path / f"cold{i}" for i in range(times(10, sample=3))]
    starting = [*begin, *(lambda c=c: shell.signal_loading(kill, c) for c in cold)]
    say(f"SIGKILL {len(starting)} times while starting: {dict(series(shell, starting))}")
    check_next_run(shell)
