"""Look here if you want to know what every command says of a log with records that this lion
cannot read: one sentence, exit code 5, and the same from all of them.
"""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from lion.cli.main import run_command
from lion.domain.events import EVENTS, encode_body
from lion.errors import AuditError
from lion.log.sqlite import open_sqlite_log, open_sqlite_reader
from lion.testing.recording import replay_file
from tests.log.planting import plant

COMMANDS = ("log", "audit", "replay", "verify")
"""Those that read records."""
Say = Callable[..., tuple[int, str, str]]


@pytest.fixture
def state(toured: Path, tmp_path: Path) -> Path:
    shutil.copytree(toured, tmp_path / "state")
    return tmp_path / "state"


@pytest.fixture
def say(
    state: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Say:
    """Run a command in this process: its exit code, stdout and stderr."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("LION_CACHE", str(tmp_path / "cache"))

    def command(*words: str) -> tuple[int, str, str]:
        capfd.readouterr()
        code = run_command([*words, "--state", str(state)])
        said = capfd.readouterr()
        return code, said.out, said.err

    return command


def changed(body: bytes, **fields: Any) -> bytes:
    return encode_body(msgspec.msgpack.decode(body) | fields)


def body_of(state: Path, kind: str) -> bytes:
    with open_sqlite_reader(state) as reader:
        records = reader.records(reader.find("last"))
        return next(one.body for one in records if one.type == kind)


NEWER = "does not know: a newer lion wrote it"
CASES: dict[str, tuple[dict[str, Any], str]] = {
    "unknown type": ({"type": "MoonRose"}, NEWER),
    "newer version": ({"version": 2}, NEWER),
    "no version": ({"version": 0}, "there is no version 0"),
    "cut short": ({"body": b"\x82\xa5"}, "Input data was truncated"),
    "another kind of value": ({"body": encode_body([1, 2])}, "Expected `object`, got `array`"),
    "too deep": ({"body": b"\x81\xa1x" + b"\x91" * 100_000 + b"\xc0"}, "recursion"),
}
KINDS = ("RunStarted", "PluginLoaded", "AgentSpawned", "CallFinished", "AgentPartialOutput",
         "PluginResult", "RunFinished")  # fmt: skip


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("kind", KINDS)
def test_every_command_says_so_and_nothing_else(
    state: Path, say: Say, kind: str, case: str
) -> None:
    changes, why = CASES[case]
    seq = plant(state, kind, **changes)
    for command in COMMANDS:
        code, _, err = say(command)
        assert code == AuditError.exit_code, (command, err)
        first, *hints = err.splitlines()
        assert first.startswith("error: "), (command, err)
        assert f"record {seq} of run " in first and why in first, (command, err)
        assert len(hints) == 1 and "a bug in lion" not in err
    code, _, err = say("log", "--json")
    assert code == 5, err
    assert say("runs")[0] == 0  # the list tells of runs, not of records


def test_what_has_a_newer_version_is_not_read_as_this_one(state: Path, say: Say) -> None:
    """A field more would be dropped in silence, and what it changes of the meaning with it."""
    body = changed(body_of(state, "RunFinished"), amnesty=True)
    plant(state, "RunFinished", version=2, body=body)
    assert "RunFinished of version 2" in say("log")[2]


@pytest.mark.parametrize(
    ("kind", "fields", "why"),
    [
        ("CallFinished", {"value": None}, "neither ok nor an error"),
        ("CallFinished", {"verdict": "perhaps"}, "perhaps"),
        ("CallFinished", {"status": "vanished"}, "vanished"),
        ("AgentPartialOutput", {"args": [3]}, "Expected `str`"),
        ("RunStarted", {"limits": {"ann": 3}}, "Expected `object`"),
        ("RunFinished", {"exit_code": "none"}, "Expected `int`"),
    ],
)
def test_a_body_whose_values_make_no_sense(
    state: Path, say: Say, kind: str, fields: dict[str, Any], why: str
) -> None:
    plant(state, kind, body=changed(body_of(state, kind), **fields))
    for command in COMMANDS:
        code, _, err = say(command)
        assert code == 5 and f"is no {kind}: " in err and why in err, (command, err)


@pytest.mark.parametrize("manifest", [{}, {"name": "x", "run": 3, "vars": 4}, {"plugins": [1]}])
def test_a_recorded_manifest_that_is_none(state: Path, say: Say, manifest: dict[str, Any]) -> None:
    plant(state, "RunStarted", body=changed(body_of(state, "RunStarted"), manifest=manifest))
    code, _, err = say("audit")
    assert code == 5 and "recorded is none that this lion reads" in err, err
    for command in ("log", "replay", "verify"):
        assert say(command)[0] == 0


def test_a_broken_chain_comes_before_what_cannot_be_read(state: Path, say: Say) -> None:
    plant(state, "CallFinished", version=2)
    with open_sqlite_reader(state) as reader:
        run = reader.find("last")
    plant(state, "RunFinished", body=encode_body(EVENTS["RunFinished"](exit_code=9)))
    code, _, err = say("verify")
    assert code == 5 and "the chain of digests is whole, but record " in err
    import sqlite3

    with sqlite3.connect(state / "log.sqlite") as connection:
        connection.execute("UPDATE segments SET data = zeroblob(9) WHERE first_seq = 2")
    connection.close()
    assert f"run {run} does not verify at record 2" in say("verify")[2]


def test_a_kit_says_it_too(state: Path) -> None:
    plant(state, "CallFinished", type="MoonRose")
    with pytest.raises(AuditError, match="is a MoonRose of version 1"):
        replay_file(state / "log.sqlite")


async def test_a_follower_gets_the_record_and_the_reader_the_error(state: Path) -> None:
    plant(state, "CallFinished", version=2)
    async with open_sqlite_log(state) as log:
        with open_sqlite_reader(state) as reader:
            run = reader.find("last")
        with pytest.raises(AuditError, match="a newer lion wrote it"):
            async for record in log.subscribe(run):
                record.event()
