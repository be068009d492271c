"""An agent that is a program of others, whose run's process ended: what it had come to stays, the
program is lost and not started behind anybody's back, and `restart` begins anew.
"""

import sys
from pathlib import Path

import pytest

from lion.domain.events import AgentError, CallFinished, CallRequested
from tests.resume.rig import Stage

AGENT = """
import os, time
import lion_agent
with open("started", "a") as file:
    file.write("x")
one = lion_agent.call("calculator.add", a=1, b=2)
while not os.path.exists("go"):  # Whoever writes records in groups is not waited for.
    time.sleep(0.01)
two = lion_agent.call("calculator.add", a=one, b=2)
lion_agent.done(str(two))
"""


def manifest_of(stage: Stage, *lines: str) -> list[str]:
    """One that starts it."""
    folder = stage.settings.state.parent
    (folder / "agent.py").write_text(AGENT, "utf-8")
    calculator = Path(__file__).parents[2] / "plugins-wasm" / "calculator.wasm"
    return [
        f'[plugins.calculator]\ncomponent = "{calculator}"\n',
        '[agents.ann]\nadapter = "lines"\nallow.tools = ["calculator.*"]',
        f'command = ["{sys.executable}", "-S", "agent.py"]',
        *lines,
        '[[run]]\nagent = "ann"\ntask = "x"\n',
    ]


@pytest.mark.parametrize("number", (1, 4, 6))
async def test_the_program_is_lost_and_not_started_again(stage: Stage, number: int) -> None:
    parts = manifest_of(stage)
    run = await stage.cut(*parts, at=lambda d: d.come_with(CallFinished, number))
    report = await stage.resume(run)
    (ending,) = report.endings
    assert not ending.ok, ending
    assert (stage.settings.state.parent / "started").read_text() in ("", "x")
    begun = stage.events(run, CallRequested)
    assert [one.capability for one in begun] == ["program"]


async def test_its_table_may_begin_it_anew(stage: Stage) -> None:
    parts = manifest_of(stage, 'restart = { when = "failure" }\n')
    run = await stage.cut(*parts, at=lambda d: d.come_with(CallFinished, 6))
    (stage.settings.state.parent / "go").touch()
    report = await stage.resume(run)
    assert report.endings[0].text == "5", report.endings
    assert (stage.settings.state.parent / "started").read_text() == "xx"
    assert len(stage.events(run, AgentError)) == 1
