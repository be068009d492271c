"""Look here if you want to know how tests have agents spawn each other: each is a stepper, whose
task is a program.
"""

import json
from collections.abc import Sequence
from typing import Any

from lion.domain.events import BudgetReturned
from lion.review.report import Ending, RunReport
from tests.endurance.kit import agent, manifest
from tests.resume.rig import Stage

Step = Sequence[Any]


def named(name: str, *lines: str) -> str:
    """An agent's table of a manifest."""
    return agent(name, *lines, component="stepper")


def task(*program: Step, who: str = "ann") -> str:
    """An agent to start with a program."""
    return f"[[run]]\nagent = \"{who}\"\ntask = '''{json.dumps(program)}'''\n"


def spawn(
    name: str, agent: str, *program: Step, allow: str | None = None, budget: str = "",
    streams: bool = False,
) -> Step:  # fmt: skip
    """A step that spawns an agent, under a name of the program's."""
    return ["agent-spawn", name, agent, list(program), allow, budget, streams]


def told(ending: Ending) -> list[Any]:
    """What each step of an agent's program gave."""
    assert ending.ok, ending
    found: list[Any] = json.loads(ending.text)
    return found


async def ran(stage: Stage, *parts: str) -> tuple[RunReport, list[Any]]:
    """A whole run; its log verifies and its replay is identical. With what its first agent's steps
    gave.
    """
    async with stage.host() as host:
        report = await host.run(manifest(*parts), folder=stage.settings.state.parent)
    again = await stage.resume(report.run)  # it has ended: this tells it, and replays it
    assert again.exit_code == report.exit_code
    return report, told(report.endings[0])


def returned(stage: Stage, run: str) -> list[tuple[str, dict[str, int], dict[str, int]]]:
    """What went back of budgets: agent, given, left."""
    return [(e.agent, e.given, e.left) for e in stage.events(run, BudgetReturned)]
