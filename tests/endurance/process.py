"""Look here if you want to know how a run in a process of its own is interrupted or killed."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import IO

import msgspec

from lion.history import open_history
from lion.ports import RunSummary
from lion.settings import Settings
from tests.endurance.kit import AGENT, ROOT, agent, call, manifest, plugin

PATIENCE = 60
"""Seconds after which a process counts as hung."""
CRASHES = ("Traceback", "Fatal", "panicked", "Assertion", "core dumped", "Exception ignored")

BUSY = manifest(
    plugin("hostile", 'allow.kv = { bytes = "4 MiB" }', 'limits = { cpu = "900 ms" }'),
    plugin("notebook", 'allow.kv = { bytes = "64 KiB" }'),
    plugin("calculator"),
    agent("waiter", "config = { times = 250, pieces = 250, nanos = 10000000 }"),
    agent(
        "guide",
        'allow.tools = ["calculator.*", "notebook.write", "notebook.count", "hostile.*"]',
        "config = { patience = 20000000, tools = ["
        '{ name = "hostile.drip", with = { micros = 200 } },'
        '{ name = "calculator.add", with = { a = 1, b = 2 } },'
        '{ name = "hostile.sleep", with = { nanos = 500000000 } },'
        '{ name = "notebook.count", with = {} } ] }',
    ),
    AGENT.format("waiter", "wait"),
    AGENT.format("guide", "ask"),
    call("hostile.spin"),
    call("hostile.kv-flood", "{ n = 400, size = 100 }"),
    call("hostile.log-flood", "{ n = 8000, size = 20 }"),
)
"""Three seconds of everything at once: waits, busy loops, tools, transactions, many records."""
BUSY_CODES = {3}
"""How that ends by itself: the endless loops are over their time."""


class Ended(msgspec.Struct, frozen=True):
    """What became of one process. `was_late`: it had ended when it was signalled."""

    code: int
    out: str
    err: str
    was_late: bool


class Shell:
    """`lion` in processes of its own, over one state directory."""

    def __init__(self, settings: Settings, rng: random.Random) -> None:
        self.settings = settings
        self.rng = rng
        self._busy = settings.state.parent / "busy.toml"
        self._busy.write_text(BUSY)

    def begin(self, *words: str, cache: Path | None = None) -> "subprocess.Popen[str]":
        """Start `lion` with these words."""
        environ = {**os.environ, "LION_CACHE": str(cache or self.settings.cache), "NO_COLOR": "1"}
        environ["LION_STATE"] = str(self.settings.state)
        return subprocess.Popen(
            [sys.executable, "-m", "lion", *words],
            cwd=ROOT,
            env=environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def do(self, *words: str) -> Ended:
        """Run `lion` with these words to its end."""
        return finish(self.begin(*words), False)

    def signal_once(
        self, number: signal.Signals, *, within: float = 1.2, again: float | None = None
    ) -> Ended:
        """Start the busy run and signal it up to `within` seconds after its first words.

        `again` is how many seconds later the same signal comes once more.
        """
        return self.signal_run(number, str(self._busy), within=within, again=again)

    def signal_run(
        self, number: signal.Signals, *words: str, within: float, again: float | None = None
    ) -> Ended:
        """The same with a run of these words."""
        process = self.begin("run", *words)
        _stdout(process).readline()
        return self._signal(process, number, within, again)

    def signal_loading(self, number: signal.Signals, cache: Path, within: float = 0.5) -> Ended:
        """The same while it compiles its components, into an empty cache."""
        known = set(self.locks())
        process = self.begin("run", str(self._busy), cache=cache)
        while not set(self.locks()) - known and process.poll() is None:
            time.sleep(0.002)
        return self._signal(process, number, within, None)

    def signal_anywhere(self, number: signal.Signals, within: float) -> Ended:
        """The same up to `within` seconds after the process was started, imports included."""
        return self._signal(self.begin("run", str(self._busy)), number, within, None)

    def _signal(
        self,
        process: "subprocess.Popen[str]",
        number: signal.Signals,
        within: float,
        again: float | None,
    ) -> Ended:
        time.sleep(self.rng.uniform(0, within))
        was_late = process.poll() is not None
        process.send_signal(number)
        if again is not None:
            time.sleep(again)
            process.send_signal(number)
        return finish(process, was_late)

    def locks(self) -> list[Path]:
        """The lock files of all runs so far."""
        return sorted((self.settings.state / "runs").glob("*.lock"))

    def runs(self) -> list[RunSummary]:
        """All runs in the log, oldest first."""
        if not (self.settings.state / "log.sqlite").exists():
            return []
        with open_history(self.settings) as reader:
            return reader.runs()


def finish(process: "subprocess.Popen[str]", was_late: bool) -> Ended:
    """Wait for the end. Raises subprocess.TimeoutExpired if it hangs."""
    try:
        out, err = process.communicate(timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        raise
    return Ended(process.returncode, out, err, was_late)


def _stdout(process: "subprocess.Popen[str]") -> IO[str]:
    assert process.stdout is not None
    return process.stdout
