"""What records say beside the calls: how long each took, by which line, what it cost, and what a
run that goes on needs.
"""

import os
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

import pytest

from lion.blocking import open_host
from lion.domain.events import (
    AgentSpawned,
    CallFinished,
    CallRequested,
    CallWaits,
    Event,
    PluginError,
    RunFinished,
    RunStarted,
)
from lion.errors import LionError
from lion.log.sqlite import open_sqlite_reader
from tests.wasm.kit import BUILT

E = TypeVar("E", bound=Event)

MANIFEST = f"""
name = "facts"

[plugins.files]
component = "{BUILT / "files.wasm"}"
allow.fs = [{{ path = "/", at = "kept", write = true }}]
limits = {{ calls = 100, rate = "1000/s" }}

[agents.waiter]
component = "{BUILT / "waiter.wasm"}"
config = {{ times = 1 }}

[[run]]
call = "files.write"
with = {{ path = "/a", text = "lions" }}

[[run]]
agent = "waiter"
task = "wait"
"""


class Ran:
    """The records of one run of a manifest."""

    def __init__(self, folder: Path, text: str = MANIFEST) -> None:
        self.path = folder / "m.toml"
        self.path.write_text(text)
        with open_host(state=folder / "state") as host, suppress(LionError):
            host.run(self.path)
        with open_sqlite_reader(folder / "state") as reader:
            run = reader.find("last")
            reader.verify(run)
            self.records = list(reader.records(run))
            self.rates = reader._connection.execute("SELECT holder FROM rates").fetchall()
            self.reserved = reader._connection.execute("SELECT * FROM reservations").fetchall()

    def events(self, kind: type[E]) -> list[E]:
        found = [record.event() for record in self.records]
        return [event for event in found if isinstance(event, kind)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "kept").mkdir()
    return tmp_path


def test_an_intent_says_what_its_file_was_and_which_line_allowed_it(folder: Path) -> None:
    (intent,) = Ran(folder).events(CallRequested)
    assert intent.found == {}
    before = (folder / "kept" / "a").stat()
    (intent,) = Ran(folder).events(CallRequested)
    assert intent.found == {
        "kind": "file", "size": 5, "modified": before.st_mtime_ns, "device": before.st_dev,
        "inode": before.st_ino,
    }  # fmt: skip
    assert intent.grant.startswith("plugins.files.allow.fs = ")


def test_an_outcome_says_how_long_it_took_and_what_it_cost(folder: Path) -> None:
    ran = Ran(folder)
    (outcome,) = [e for e in ran.events(CallFinished) if not e.capability]
    assert outcome.took_ns > 0
    assert outcome.charged == {"calls": 1}
    (sleep,) = [e for e in ran.events(CallFinished) if e.operation == "sleep"]
    assert sleep.args and sleep.took_ns >= sleep.args[0]
    (wait,) = ran.events(CallWaits)
    assert (wait.capability, wait.operation) == ("clock", "sleep")
    assert wait.until_ns > sleep.args[0]
    assert ran.rates == [("files",)]
    assert ran.reserved == []


def test_a_run_says_where_it_began_whose_it_is_and_what_its_clock_said(folder: Path) -> None:
    link = folder / "link"
    link.symlink_to(folder)
    (started,) = Ran(link).events(RunStarted)
    real = os.path.realpath(folder / "m.toml")
    assert (started.path, started.owner) == (real, real)
    assert started.directories == {"files": {"/": os.path.realpath(folder / "kept")}}
    assert started.monotonic_ns > 0


def test_times_never_go_back_and_attempts_are_counted(folder: Path) -> None:
    ran = Ran(folder)
    times = [record.time_ns for record in ran.records]
    assert times == sorted(times)
    assert [event.attempt for event in ran.events(AgentSpawned)] == [1]


def test_endings_say_what_was_said_of_them(folder: Path) -> None:
    short = MANIFEST.replace("config = ", 'limits = { deadline = "1 ms" }\nconfig = ')
    ran = Ran(folder, short.replace("[agents.waiter]", "[agents.waiter]"))
    (ending,) = [e for e in (r.event() for r in ran.records) if getattr(e, "ending", "")]
    assert not isinstance(ending, PluginError)
    assert ending.hint.startswith("raise it with limits")
    broken = MANIFEST.replace("files.wasm", "nowhere.wasm")
    (finished,) = Ran(folder, broken).events(RunFinished)
    assert "nowhere.wasm" in finished.error and finished.hint
