"""Look here if you want to know how tests have an agent that is a program of their own."""

import sys
import textwrap
from pathlib import Path
from typing import Any

import lion
from lion.history import replay_run
from lion.review.report import Ending
from tests.embedding.kit import CALCULATOR

ANSWERS = """
[[answer]]
when = { user = "broken" }
text = "It begins"
failure = { kind = "timeout", text = "it took too long" }
[[answer]]
when = { user = "tool" }
calls = [{ name = "add", with = { a = 1, b = 2 } }]
[[answer]]
when = { user = "think" }
text = "Hm."
first = "1 h"
[[answer]]
text = "I am a model."
"""
RAW = """
import json, os, sys, time
def say(**message):
    os.write(1, json.dumps(message).encode() + b"\\n")
def hear():
    return json.loads(sys.stdin.readline())
task = hear()["task"]
"""
"""What a program begins with that speaks the protocol by itself."""


class Scene:
    """Agents in a folder, on a host."""

    def __init__(self, host: lion.Host, folder: Path) -> None:
        self.host = host
        self.folder = folder
        self.report: lion.RunReport | None = None

    def agent(self, script: str, *, raw: bool = False, **table: Any) -> dict[str, Any]:
        """A table of an agent that this script is."""
        path = self.folder / f"agent-{len(list(self.folder.glob('agent-*')))}.py"
        path.write_text((RAW if raw else "import lion_agent\n") + textwrap.dedent(script), "utf-8")
        return {"adapter": "lines", "command": [sys.executable, "-S", str(path)], **table}

    def manifest(self, agent: dict[str, Any], **more: Any) -> dict[str, Any]:
        """One that starts it, with a calculator and a model."""
        script = self.folder / "answers.toml"
        script.write_text(ANSWERS, "utf-8")
        allow = {"tools": ["calculator.add"], "llm": ["fast"]}
        return {
            "name": "others",
            "models": {"fast": {"provider": "scripted", "script": str(script)}},
            "plugins": {"calculator": {"component": str(CALCULATOR)}},
            "agents": {"ann": {"allow": allow, **agent}},
            "run": [{"agent": "ann", "task": "work"}],
            **more,
        }

    async def run(self, agent: dict[str, Any], **more: Any) -> Ending:
        """How it ended, once a replay of it was identical."""
        self.report = await self.host.run(self.manifest(agent, **more), folder=self.folder)
        again = await replay_run(self.host.settings, self.report.run)
        assert again.identical, again.difference
        return self.report.endings[0]

    def events(self) -> list[lion.events.Event]:
        """The facts of the last run."""
        assert self.report is not None
        with lion.open_history(self.host.settings) as reader:
            return [record.event() for record in reader.records(self.report.run)]
