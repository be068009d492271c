"""SIGKILL of a run and of those that go on with it, at named points and at any moment: each effect
happens as docs/resume.md says and never else, what was not lost is as it would have been, the log
verifies and its replay is identical.
"""

import json
import random
import signal
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from lion.history import open_history
from lion.settings import Settings
from tests.endurance.dying import KILLED, begin, spent
from tests.endurance.killing import POINTS
from tests.endurance.kit import has_runs, manifest
from tests.resume.rig import stepper, steps
from tests.resume.web import Counting, serving
from tests.series import times

ROUNDS = 3
PATIENCE = 300
"""Seconds after which a process counts as hung."""
KILLS = 3
"""Of one run, at most; then it is let through."""
LOST = "cancelled"
HOOK = """
[system.hook]
use = "webhook"
settings = { url = "URL/hook", events = ["AgentPartialOutput"] }
allow.http = ["POST URL/hook"]
"""
"""A listener that tells the server of each word."""


@pytest.fixture
def web() -> Iterator[Counting]:
    with serving() as counting:
        yield counting


class Trial:
    """One run and those that go on with it, in processes of their own."""

    def __init__(self, settings: Settings, web: Counting, folder: Path) -> None:
        self.settings = settings
        self.web = web
        self.folder = folder
        (folder / "d").mkdir(parents=True)
        self.path = folder / "manifest.toml"
        self.path.write_text(self._manifest())
        self.state = folder / "state"
        self.kills = 0

    def _manifest(self) -> str:
        kv = 'allow.kv = { bytes = "64 KiB" }'
        web = f'allow.http = [{{ url = "GET,POST {self.web.url}/**" }}]'
        files = 'allow.fs = [{ path = "/d", at = "d", write = true }]'
        tools = 'allow.tools = ["inner.go"]'
        program: list[Any] = [["fs-open", "f", "/d/log", "read write create truncate"]]
        for n in range(ROUNDS):
            inner = [["count", "b"], self._post(f"in-{n}"), ["sleep", 4_000_000], ["count", "b"]]
            program += [
                self._post(f"out-{n}"), ["file-write", "f", 4 * n, f"n{n:02}\n"],
                ["fs-write", "/d/state", f"round {n}"], ["count", "a"],
                ["tool-start", "t", "inner.go", inner], ["say", f"round {n}"],
                ["http-send", "GET", f"{self.web.url}/look"], ["sleep", 3_000_000],
                ["tool-take", "t"], ["drop", "t"],
                ["tool-call", "inner.go", [self._post(f"called-{n}")]],
            ]  # fmt: skip
        program += [["file-read", "f", 0]]
        return manifest(
            stepper(kv, web, files, tools), stepper(kv, web, name="inner"),
            HOOK.replace("URL", self.web.url), steps(*program), name="killed",
        )  # fmt: skip

    def _post(self, name: str) -> list[str]:
        return ["http-send", "POST", f"{self.web.url}/{name}"]

    def lion(
        self, *words: str, point: str = "", number: int = 1, cpu: float | None = None
    ) -> "subprocess.Popen[str]":
        """`lion`, killed at a point if one is named, or after so many seconds of CPU time."""
        environ = {"LION_STATE": str(self.state), "LION_CACHE": str(self.settings.cache)}
        module = ["lion"] if not point else ["tests.endurance.killing", point, str(number)]
        return begin("-m", *module, *words, cpu=cpu, environ=environ)

    def words(self) -> tuple[str, ...]:
        """The command that comes next: the run's first, or that goes on with it."""
        if has_runs(Settings(state=self.state, cache=self.settings.cache)):
            return ("resume", "last", "--force", "--json")
        return ("run", str(self.path))

    def kill_at(self, point: str, number: int) -> bool:
        """Whether the process got there."""
        process = self.lion(*self.words(), point=point, number=number)
        _, said = process.communicate(timeout=PATIENCE)
        if process.returncode == -signal.SIGKILL:
            self.kills += 1
            return True
        assert process.returncode == 0, said
        return False

    def kill_within(self, cpu: float) -> None:
        """Kill it after so many seconds of CPU time, if it has not ended."""
        process = self.lion(*self.words(), cpu=cpu)
        _, said = process.communicate(timeout=PATIENCE)
        self.kills += process.returncode == KILLED
        assert process.returncode in (0, KILLED), said

    def measure(self) -> float:
        """Seconds of CPU time that it takes when nothing happens to it."""
        before = spent()
        process = self.lion(*self.words())
        _, said = process.communicate(timeout=PATIENCE)
        assert process.returncode == 0, said
        return spent() - before

    def finish(self) -> Counter[str]:
        """Let it through, and hold what it came to against what may be; what was lost."""
        words = self.words()
        process = self.lion(*(words if words[0] == "resume" else (*words, "--json")))
        out, said = process.communicate(timeout=PATIENCE)
        assert process.returncode == 0, said
        for command in ("verify", "replay"):
            done = self.lion(command, "last")
            shown, wrong = done.communicate(timeout=PATIENCE)
            assert done.returncode == 0, (shown, wrong)
        self._check_heard()
        return self._check(json.loads(out)["endings"][0])

    def _check_heard(self) -> None:
        """The listener was told of each word, but for those that it is said to have missed."""
        settings = Settings(state=self.state, cache=self.settings.cache)
        with open_history(settings) as reader:
            records = list(reader.records(reader.find("last")))
        told = {json.loads(body)["seq"] for body in self.web.bodies if b'"seq"' in body}
        said = {one.seq for one in records if one.type == "AgentPartialOutput"}
        lags = [one.event() for one in records if one.type == "SystemPluginLagged"]
        assert len(said - told) <= sum(one.behind for one in lags if one.is_final), (said, told)

    def _check(self, ending: Any) -> Counter[str]:
        assert ending["ok"], ending
        found: list[Any] = json.loads(ending["value"])
        lost: Counter[str] = Counter()
        for n in range(ROUNDS):
            one = found[1 + 11 * n : 12 + 11 * n]
            self._check_post(f"/out-{n}", one[0], lost)
            assert one[1:3] == [None, None], one
            assert one[3] == n + 1
            assert one[6][0] == 200
            taken = json.loads(json.loads(one[8]))
            assert [taken[0], taken[3]] == [2 * n + 1, 2 * n + 2]
            self._check_post(f"/in-{n}", taken[1], lost)
            (called,) = json.loads(json.loads(one[10]))
            self._check_post(f"/called-{n}", called, lost)
        log = "".join(f"n{n:02}\n" for n in range(ROUNDS))
        assert found[-1] == f"{log}u"
        assert (self.folder / "d" / "log").read_text() == log
        assert (self.folder / "d" / "state").read_text() == f"round {ROUNDS - 1}"
        return lost

    def _check_post(self, path: str, told: Any, lost: Counter[str]) -> None:
        """Sent once and told so; or once or never, and told that it is not known."""
        times_sent = self.web.count("POST", path)
        if isinstance(told, list):
            assert times_sent == 1, (path, times_sent)
        else:
            assert told["error"].startswith(LOST), told
            assert times_sent <= 1, (path, times_sent)
            lost["sent" if times_sent else "not sent"] += 1


Fresh = Callable[[], Trial]


@pytest.fixture
def fresh(settings: Settings, web: Counting, tmp_path: Path) -> Fresh:
    """A new trial, in a folder of its own."""
    made = [0]

    def build() -> Trial:
        made[0] += 1
        web.asked.clear()
        web.bodies.clear()
        return Trial(settings, web, tmp_path / str(made[0]))

    return build


@pytest.mark.slow
def test_killed_at_every_named_point(fresh: Fresh, say: Callable[[str], None]) -> None:
    rng = random.Random(seed := random.randrange(2**32))
    reached: Counter[str] = Counter()
    lost: Counter[str] = Counter()
    for _ in range(times(75, sample=1)):
        for point in POINTS:
            trial = fresh()
            begun = point if not point.endswith(("hand-over", "rehearsed")) else "after-commit"
            trial.kill_at(begun, rng.randint(3, 12))
            for _ in range(rng.randint(1, KILLS - 1)):
                reached[point] += trial.kill_at(point, rng.randint(1, 4))
            lost += trial.finish()
    say(f"seed {seed}: killed {dict(reached)}, POSTs not known: {dict(lost)}")
    assert reached.total() >= len(POINTS) // 2


@pytest.mark.slow
def test_killed_at_any_moment(fresh: Fresh, say: Callable[[str], None]) -> None:
    rng = random.Random(seed := random.randrange(2**32))
    kills, lost = 0, Counter[str]()
    fresh().measure()  # compiles
    usual = fresh().measure()
    for _ in range(times(400, sample=5)):
        trial = fresh()
        for _ in range(rng.randint(1, KILLS)):
            trial.kill_within(rng.uniform(0.4, 1.05) * usual)
        lost += trial.finish()
        kills += trial.kills
    say(f"seed {seed}: {kills} kills at any moment, POSTs not known: {dict(lost)}")
    assert kills
