"""What it takes to load a run again is nobody's time."""

from typing import Any

import pytest

from lion.domain.events import RunResumed
from lion.kernel.system_clock import SystemClock
from lion.loading import Loader
from tests.resume.rig import Stage, said, stepper, steps
from tests.resume.test_handles import SAY, after_say

MINUTE = 60 * 10**9


class Skewed(SystemClock):
    """The machine's clock, which can be put forward."""

    skew = 0

    def monotonic_ns(self) -> int:
        return super().monotonic_ns() + Skewed.skew


async def test_a_slow_machine_takes_nothing_of_a_deadline(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As often as it is tried, and though the clock is noted all the time."""
    load = Loader.load

    async def slow(loader: Loader, *args: Any) -> None:
        monkeypatch.setattr(Skewed, "skew", Skewed.skew + MINUTE)
        await load(loader, *args)

    limits = 'limits = { deadline = "20 s" }'
    run = await stage.cut(stepper(limits), steps(SAY, ["say", "x"], ["now"]), at=after_say)
    monkeypatch.setattr(Loader, "load", slow)
    real = stage.host
    stage.host = lambda **more: real(clock=Skewed, **more)  # type: ignore[method-assign]
    await stage.cut_again(run, lambda death: death.come_with(RunResumed))
    assert said(await stage.resume(run))[1] is None
