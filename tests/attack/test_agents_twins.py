"""Each function of `agents`, by a guest that was granted it and by one that was not; what children
may do and use is in tests/agents/test_attacks.py.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.agents.rig import named, spawn, task
from tests.attack.kit import open_arena

GRANT = 'allow.agents = ["bob"]'
CHILD = spawn("b", "bob", ["say", "hi"], streams=True)
CALLS: list[tuple[str, list[Any]]] = [
    ("spawn", [CHILD]),
    ("list", [["agent-list"]]),
    ("budgets", [["agent-budgets"]]),
    ("child.next", [CHILD, ["agent-next", "b"]]),
    ("child.wait", [CHILD, ["agent-wait", "b"]]),
    ("child.cancel", [CHILD, ["agent-cancel", "b"]]),
]


@pytest.mark.parametrize(("operation", "program"), CALLS, ids=[name for name, _ in CALLS])
async def test_granted(operation: str, program: list[Any], tmp_path: Path) -> None:
    async with open_arena(tmp_path) as arena:
        report = await arena.run(named("ann", GRANT), named("bob"), task(*program))
        assert report.endings[0].ok and report.denied == 0
        found = {c.operation for c in arena.calls(report.run) if c.capability == "agents"}
        assert operation in found
        assert (await arena.replay(report.run)).identical


@pytest.mark.parametrize(("operation", "program"), CALLS[:3], ids=[name for name, _ in CALLS[:3]])
async def test_not_granted(operation: str, program: list[Any], tmp_path: Path) -> None:
    async with open_arena(tmp_path) as arena:
        report = await arena.run(named("ann"), named("bob"), task(*program))
        (said,) = json.loads(report.endings[0].text)
        assert said["error"].startswith("denied: ")
        (denial,) = report.denials
        assert denial.operation == operation
        # The others name nobody, so no line can be suggested.
        assert ("allow.agents" in denial.suggestion) == (operation == "spawn")
        assert (await arena.replay(report.run)).identical


@pytest.mark.parametrize("operation", [name for name, _ in CALLS[3:]])
async def test_a_rule_of_the_operators_holds_for_children_too(
    operation: str, tmp_path: Path
) -> None:
    program = dict(CALLS)[operation]
    async with open_arena(tmp_path, policy=f'deny = ["agents {operation}"]') as arena:
        report = await arena.run(named("ann", GRANT), named("bob"), task(*program))
        said = json.loads(report.endings[0].text)[-1]
        assert said["error"].startswith("denied: ")
