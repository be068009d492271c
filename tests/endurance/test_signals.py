"""SIGINT, SIGTERM and SIGHUP at random moments of a run: the run ends in order, always."""

import random
import signal
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
import trio

from lion.domain.events import RunFinished
from lion.errors import INTERRUPTED
from lion.settings import Settings
from tests.endurance.kit import replayed, temporaries, verified
from tests.endurance.process import BUSY_CODES, CRASHES, Ended, Shell
from tests.series import times

Say = Callable[[str], None]
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@pytest.fixture
def shell(settings: Settings, say: Say) -> Shell:
    seed = random.randrange(2**32)
    say(f"seed {seed}")
    settings.state.parent.mkdir(exist_ok=True)
    return Shell(settings, random.Random(seed))


def check_end(shell: Shell, ended: Ended, before: int) -> str:
    """Check one signalled process, its log and its replay; say which moment it was."""
    assert not any(mark in ended.err for mark in CRASHES), ended.err
    runs = shell.runs()[before:]
    if not runs:
        assert ended.code == INTERRUPTED, ended
        return "before the run"
    (run,) = runs
    records = verified(shell.settings, run.run)
    last = records[-1].event()
    assert isinstance(last, RunFinished)
    trio.run(replayed, shell.settings, run.run)
    if last.interrupted:
        assert (ended.code, last.exit_code, run.exit_code) == (INTERRUPTED,) * 3, ended
        return "inside"
    assert last.exit_code in BUSY_CODES
    # The signal found a run that had ended: it only cuts the summary short.
    assert ended.code in {last.exit_code, INTERRUPTED}
    return "after the run"


def series(shell: Shell, count: int, act: Callable[[int], Ended]) -> Counter[str]:
    """Do it `count` times in one state directory."""
    moments: Counter[str] = Counter()
    for index in range(count):
        before = len(shell.runs())
        moments[check_end(shell, act(index), before)] += 1
    assert temporaries(shell.settings) == []
    return moments


def test_interrupted_runs_end_in_order(shell: Shell) -> None:
    moments = series(shell, 2, lambda i: shell.signal_once(SIGNALS[-1 - i], within=0.5))
    assert moments["inside"] >= 1


def test_a_second_signal_changes_nothing(shell: Shell) -> None:
    moments = series(shell, 1, lambda _: shell.signal_once(signal.SIGINT, within=0.3, again=0.01))
    assert moments["inside"] == 1


def test_a_run_interrupted_while_it_loads_says_so(shell: Shell, tmp_path: Path) -> None:
    moments = series(
        shell, 1, lambda i: shell.signal_loading(signal.SIGTERM, tmp_path / f"cold{i}", 0.1)
    )
    assert moments["after the run"] == 0


@pytest.mark.slow
@pytest.mark.parametrize("number", SIGNALS)
def test_interrupted_many_times(shell: Shell, say: Say, number: signal.Signals) -> None:
    count = times(50, sample=10)
    moments = series(shell, count, lambda _: shell.signal_once(number))
    say(f"{number.name} {count} times: {dict(moments)}")
    assert moments["inside"] >= count * 7 // 10


@pytest.mark.slow
def test_interrupted_twice_many_times(shell: Shell, say: Say) -> None:
    def act(index: int) -> Ended:
        again = shell.rng.choice((0, 0.001, 0.01, 0.05))
        return shell.signal_once(SIGNALS[index % 3], again=again)

    count = times(20, sample=6)
    moments = series(shell, count, act)
    say(f"two signals, {count} times: {dict(moments)}")
    assert moments["inside"] >= count * 6 // 10


@pytest.mark.slow
def test_interrupted_while_loading_many_times(shell: Shell, say: Say, tmp_path: Path) -> None:
    def act(index: int) -> Ended:
        return shell.signal_loading(SIGNALS[index % 3], tmp_path / f"cold{index}")

    count = times(20, sample=6)
    moments = series(shell, count, act)
    say(f"while loading, {count} times: {dict(moments)}")
    assert moments["after the run"] == 0
