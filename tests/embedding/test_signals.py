"""SIGINT at random moments of programs with lion in them: none aborts or hangs, and every run is
recorded to its end.
"""

import os
import random
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from lion.domain.events import RunFinished
from lion.history import open_history
from lion.settings import Settings
from tests.embedding.kit import EXAMPLES, ROOT
from tests.endurance.kit import verified
from tests.endurance.process import CRASHES, finish
from tests.series import times

BROKEN = tuple(mark for mark in CRASHES if mark != "Traceback")
ABORTED = tuple(mark for mark in BROKEN if mark != "Exception ignored")
LOST = re.compile(
    r"\s*Exception ignored in: <function [^\n]*>\nTraceback [^\n]*\n( [^\n]*\n)+"
    r"KeyboardInterrupt:?\s*"
)
"""What a weak reference's callback raises Python drops, trio's KeyboardInterrupt too; so that is
lost now and then in a program that does not leave signals to lion.
"""
LATE = re.compile(
    r"\s*Exception ignored in: <module 'threading' .*\n(.*\n)*KeyboardInterrupt:?\s*$"
)
"""What Python says where it waits for threads after the program's last line."""
KILLED = -signal.SIGINT
"""How Python ends for a KeyboardInterrupt that nobody catches."""


class Programs:
    """Programs over one state directory, that are interrupted."""

    def __init__(self, folder: Path) -> None:
        self.settings = Settings(state=folder / "state", cache=Path(os.environ["LION_CACHE"]))
        self.rng = random.Random(random.randrange(2**32))

    def interrupt(self, how: str, *, within: float, times: int = 1) -> str:
        """Start the busy program, interrupt it so often, and say how it ended."""
        words = [how, str(self.settings.state), str(self.settings.cache)]
        process = self._start("-m", "tests.embedding.programs.busy", *words)
        assert process.stdout is not None
        assert process.stdout.readline() == "began\n"
        return self._end(process, within, times)

    def interrupt_example(self, name: str, *, within: float) -> str:
        """The same with an example, from its first word on."""
        process = self._start(str(EXAMPLES / f"{name}.py"))
        assert process.stdout is not None
        assert process.stdout.readline().startswith("ann says")
        return self._end(process, within, 1)

    def _start(self, *words: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [sys.executable, *words], cwd=ROOT, text=True,
            env={**os.environ, "LION_STATE": str(self.settings.state), "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip

    def _end(self, process: "subprocess.Popen[str]", within: float, times: int) -> str:
        time.sleep(self.rng.uniform(0, within))
        for _ in range(times):
            process.send_signal(signal.SIGINT)
            time.sleep(self.rng.choice((0, 0.001, 0.01)))
        ended = finish(process, False)
        if ended.code == 0 and LOST.fullmatch(ended.err):
            return "lost"
        if LATE.match(ended.err) and ended.code in (0, KILLED):
            return "it had ended"
        # Interrupted again while it ends, Python may complain of that, too.
        broken = BROKEN if times == 1 else ABORTED
        assert not any(mark in ended.err for mark in broken), ended.err
        # At its very end Python gives the signal back to the system, which says nothing.
        if ended.code == 0 or (ended.code == KILLED and not ended.err):
            return "it had ended"
        assert ended.code == KILLED, ended.err
        assert "KeyboardInterrupt" in ended.err
        return "interrupted"

    def runs(self) -> int:
        """How many runs the log has; all verify and are finished."""
        with open_history(self.settings) as reader:
            found = reader.runs()
        for one in found:
            assert isinstance(verified(self.settings, one.run)[-1].event(), RunFinished)
        return len(found)


@pytest.fixture
def programs(tmp_path: Path) -> Programs:
    return Programs(tmp_path)


@pytest.mark.parametrize("how", ["trio", "blocking", "unclosed"])
def test_an_interrupted_program_ends_in_order(programs: Programs, how: str) -> None:
    assert programs.interrupt(how, within=0.3) == "interrupted"
    if how != "unclosed":  # interrupted again, it may come to no end of the run
        assert programs.interrupt(how, within=0.1, times=5) == "interrupted"
        assert programs.runs() == 2
    assert programs.runs() >= 1


@pytest.mark.slow
@pytest.mark.parametrize("quarter", range(times(4, sample=1)))
@pytest.mark.parametrize("how", ["trio", "blocking", "unclosed"])
def test_a_hundred_interrupts(programs: Programs, how: str, quarter: int) -> None:
    often = (1,) if how == "unclosed" else (1, 1, 3)
    moments = Counter(
        programs.interrupt(how, within=0.8, times=programs.rng.choice(often)) for _ in range(25)
    )
    assert moments["interrupted"] >= 20
    assert not moments["lost"]
    assert programs.runs() == 25


@pytest.mark.slow
@pytest.mark.parametrize("quarter", range(times(4, sample=1)))
@pytest.mark.parametrize("name", ["on_trio", "plain"])
def test_a_hundred_interrupts_of_an_example(programs: Programs, name: str, quarter: int) -> None:
    moments = Counter(programs.interrupt_example(name, within=0.05) for _ in range(25))
    assert moments["interrupted"] >= 1  # the others had ended, on a machine that is quick
    assert moments["lost"] <= (3 if name == "on_trio" else 0)
    assert programs.runs() == 25
