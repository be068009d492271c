"""SIGKILL of the example workflows at any moment, again and again: each goes on where it was, and
comes to what it would have come to; every step's effect is there exactly once.
"""

import json
import os
import random
import shutil
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from lion.domain.events import AgentSpawned, PluginInvoked
from lion.history import open_history
from lion.settings import Settings
from tests.endurance.dying import KILLED, begin, spent
from tests.endurance.kit import BUILT, ROOT, has_runs
from tests.series import times

EXAMPLES = ROOT / "examples" / "workflows"
WANTED: dict[str, tuple[Any, Counter[str]]] = {
    "data-cleaner": (
        ["row\nlion 12\nzebra 40\ngiraffe 7\n"], Counter({"run": 1, "reader": 1, "cleaner": 3}),
    ),
    "ticket-triage": (
        ["bug", "wish"], Counter({"run": 2, "sorter": 2, "write": 2}),
    ),
    "nightly-report": (
        [["draft"]],
        Counter({"run": 1, "list": 1, "count-file": 3, "writer": 1, "write": 1, "remove": 1}),
    ),
}  # fmt: skip
"""What each comes to, and how often each tool and agent has worked then."""
PATIENCE = 300
"""Seconds after which a process counts as hung."""
KILLS = 4
"""Of one run, at most."""


class Trial:
    """One example, run and gone on with in processes of its own."""

    def __init__(self, name: str, folder: Path, cache: Path) -> None:
        self.name = name
        place = folder / "examples" / "workflows" / name
        shutil.copytree(EXAMPLES / name, place, ignore=shutil.ignore_patterns("reports"))
        os.symlink(BUILT, folder / "plugins-wasm")
        self.manifest = place / "manifest.toml"
        self.settings = Settings(state=folder / "state", cache=cache)
        self.kills = 0

    def begin(self, *words: str, cpu: float | None = None) -> "subprocess.Popen[str]":
        settings = self.settings
        environ = {"LION_STATE": str(settings.state), "LION_CACHE": str(settings.cache)}
        return begin("-m", "lion", *words, cpu=cpu, environ=environ)

    def words(self) -> tuple[str, ...]:
        if has_runs(self.settings):
            return ("resume", "last", "--force", "--no-ask", "--json")
        return ("run", "--no-ask", "--json", str(self.manifest))

    def kill_within(self, cpu: float) -> None:
        """Kill it after so many seconds of CPU time, if it has not ended."""
        process = self.begin(*self.words(), cpu=cpu)
        _, said = process.communicate(timeout=PATIENCE)
        self.kills += process.returncode == KILLED
        assert process.returncode in (0, 1, KILLED), said

    def finish(self) -> float:
        """Let it through, and look at what it came to; seconds of CPU time that took."""
        before = spent()
        process = self.begin(*self.words())
        out, said = process.communicate(timeout=PATIENCE)
        took = spent() - before
        assert process.returncode in (0, 1), said
        values = [one["value"] for one in json.loads(out)["endings"]]
        wanted, worked = WANTED[self.name]
        assert [_essence(value) for value in values] == wanted, values
        with open_history(self.settings) as reader:
            run = reader.find("last")
            assert reader.verify(run).finished
            events = [record.event() for record in reader.records(run)]
        assert Counter(filter(None, map(_worker, events))) == worked
        again = self.begin("replay", "last")
        shown, wrong = again.communicate(timeout=PATIENCE)
        assert "identical" in shown, (shown, wrong)
        return took


def _essence(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    return value["kind"] if "kind" in value else value["undone"]


def _worker(event: Any) -> str | None:
    match event:
        case AgentSpawned(agent=agent):
            return agent
        case PluginInvoked(export=export):
            return export
        case _:
            return None


@pytest.mark.slow
def test_killed_workflows_go_on(tmp_path: Path) -> None:
    rng = random.Random(18)
    cache = Path(os.environ["LION_TEST_CACHE"])
    for turn in ("compiles", "measured"):
        usual = {name: Trial(name, tmp_path / turn / name, cache).finish() for name in WANTED}
    kills, trials = 0, 0
    while kills < times(200, sample=8):
        name = sorted(WANTED)[trials % len(WANTED)]
        trials += 1
        trial = Trial(name, tmp_path / str(trials), cache)
        for _ in range(KILLS):
            trial.kill_within(rng.uniform(0.4, 1.05) * usual[name])
        trial.finish()
        kills += trial.kills
        shutil.rmtree(tmp_path / str(trials))
    assert kills
