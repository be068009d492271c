"""What it takes to load a run again is nobody's time."""

from typing import Any

import pytest

from lion import resuming
from lion.domain.events import CallWaits, RunResumed
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

    def now_ns(self) -> int:
        return super().now_ns() + Skewed.skew


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
    assert await stage.cut_again(run, lambda death: death.come_with(RunResumed))
    assert said(await stage.resume(run))[1] is None


async def test_nor_does_it_take_to_bring_it_to_where_it_was(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However far it comes each time."""
    real, rehearse = stage.host, resuming.rehearse

    async def slow(*args: Any) -> None:
        monkeypatch.setattr(Skewed, "skew", Skewed.skew + MINUTE)
        await rehearse(*args)

    limits = 'limits = { deadline = "20 s" }'
    program = steps(SAY, ["say", "x"], SAY, ["say", "y"], SAY, ["say", "z"])
    run = await stage.cut(stepper(limits), program, at=after_say)
    monkeypatch.setattr(resuming, "rehearse", slow)
    stage.host = lambda **more: real(clock=Skewed, **more)  # type: ignore[method-assign]
    assert await stage.cut_again(run, lambda death: death.come_with(CallWaits))
    assert await stage.cut_again(run, lambda death: death.come_with(CallWaits))
    assert said(await stage.resume(run))[-1] is None
