"""Attack: a workflow that decides without end. Others go on meanwhile, and it can be cancelled."""

import trio

import lion

LIST = list(range(700))
MUCH = "=input.list.filter(x, input.list.size() > 1).size()"
"""Some ten milliseconds."""


async def test_it_can_be_cancelled_while_it_decides(host: lion.Host) -> None:
    """Without pauses this goes on for minutes, and nothing can end it."""
    state = {"value": MUCH, "next": [{"to": "a", "when": "=true"}, {"to": "b"}]}
    tables = {
        "name": "busy",
        "workflows": {"w": {
            "strategy": "states", "input": {"list": "list"},
            "steps": {"a": state, "b": {"end": 1}},
        }},
        "run": [{"workflow": "w", "with": {"list": LIST}}],
    }  # fmt: skip
    with trio.move_on_after(2) as scope:
        await host.run(tables)
    assert scope.cancelled_caught
