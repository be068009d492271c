"""Look here if you want to know which manifests the tests of embedding run."""

from pathlib import Path
from typing import Any

import lion

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples" / "embedding"
WASM = ROOT / "plugins-wasm"
CALCULATOR = WASM / "calculator.wasm"
HELLO = WASM / "hello.wasm"
NOTEBOOK = WASM / "notebook.wasm"
RELAY = WASM / "relay.wasm"

SUM: dict[str, Any] = {
    "name": "sums",
    "plugins": {"calculator": {"component": CALCULATOR}},
    "run": [{"call": "calculator.add", "with": {"a": 1, "b": 2}}],
}
WAIT: dict[str, Any] = {
    "name": "patience",
    "plugins": {"calculator": {"component": CALCULATOR}},
    "agents": {"ann": {"component": WASM / "waiter.wasm", "config": {"nanos": 10**13}}},
    "run": [{"agent": "ann", "task": "wait"}, *SUM["run"]],
}
"""An agent that waits for hours, beside a sum."""


def asks(*tools: str, arguments: dict[str, Any], allow: tuple[str, ...]) -> dict[str, Any]:
    """An agent that asks these tools; its answers are in `answers`."""
    config = {"tools": [{"name": name, "with": arguments} for name in tools], "forbidden": ""}
    ann = {"component": WASM / "guide.wasm", "allow": {"tools": list(allow)}, "config": config}
    return {"name": "ask", "agents": {"ann": ann}, "run": [{"agent": "ann", "task": "ask"}]}


def answers(report: lion.RunReport) -> dict[str, dict[str, Any]]:
    """What each tool answered: {"value": ...} or {"error": case, "text": ...}."""
    import json

    (ending,) = report.endings
    found: dict[str, dict[str, Any]] = json.loads(ending.value["json"])["answers"]
    return found


def recorded(settings: lion.Settings, run: str) -> list[lion.events.Event]:
    """The facts of a run, once it verifies."""
    with lion.open_history(settings) as reader:
        assert reader.verify(run).finished
        return [record.event() for record in reader.records(run)]
