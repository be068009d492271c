"""What `lion export` writes proves a run to somebody without lion, and nothing else does."""

import base64
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cli.kit import ROOT, Lion, assert_one_line, tour

PROGRAM = ROOT / "docs" / "verify_export.py"
Lines = list[dict[str, Any]]


@pytest.fixture
def exported(lion: Lion) -> Path:
    """A signed run, exported."""
    assert lion("keygen").returncode == 0
    manifest = tour(task="lions " * 1_000)  # Bodies that lie elsewhere.
    assert lion("run", lion.write(manifest)).returncode == 0
    file = lion.folder / "run.jsonl"
    result = lion("export", "last", "--output", file)
    assert (result.returncode, result.stderr) == (0, "")
    return file


def public(lion: Lion) -> Path:
    return lion.folder / ".config" / "lion" / "signing-key.pub.pem"


def independent(file: Path, key: str) -> "subprocess.CompletedProcess[str]":
    """The program of the documents, which knows nothing of lion."""
    return subprocess.run(
        [sys.executable, "-I", str(PROGRAM), str(file), key],
        capture_output=True, text=True, check=False,
    )  # fmt: skip


def key_of(lines: Lines) -> str:
    return next(str(one["head"]["key"]) for one in lines if one["type"] == "head")


def read(file: Path) -> Lines:
    return [json.loads(line) for line in file.read_text().splitlines()]


def test_it_is_verified_with_and_without_lion(lion: Lion, exported: Path) -> None:
    run = lion.json("runs")[0]
    for words in ((), ("--signed",), ("--signed", "--key", public(lion))):
        # Elsewhere there is no log.
        result = lion("verify", exported, *words, LION_STATE=str(lion.folder / "nowhere"))
        assert result.returncode == 0, result.stderr
        assert result.stdout.startswith(f"ok  run {run['run']}: {run['records']} records, finis")
    told = independent(exported, key_of(read(exported)))
    assert told.returncode == 0, told.stderr
    assert f"{run['records']} records, signed up to {run['records']}" in told.stdout
    assert {one["type"] for one in read(exported)} == {
        "lion.export", "blob", "segment", "head", "end",
    }  # fmt: skip


def test_components_are_there_by_digest_or_whole(lion: Lion, exported: Path) -> None:
    (begin, *_) = read(exported)
    whole = lion.folder / "whole.jsonl"
    assert lion("export", "last", "--components", "-o", whole).returncode == 0
    blobs = {one["sha256"]: one["data"] for one in read(whole) if one["type"] == "blob"}
    assert set(begin["components"].values()) <= set(blobs)
    assert (
        base64.b64decode(blobs[begin["components"]["hello"]])
        == (ROOT / "plugins-wasm" / "hello.wasm").read_bytes()
    )
    assert lion("verify", whole, "--signed").returncode == 0
    assert independent(whole, key_of(read(whole))).returncode == 0
    assert whole.stat().st_size > exported.stat().st_size + 10_000


def first(lines: Lines, kind: str) -> dict[str, Any]:
    return next(one for one in lines if one["type"] == kind)


def flip(name: str, kind: str, at: int = -20) -> Callable[[Lines], None]:
    def change(lines: Lines) -> None:
        one = first(lines, kind)
        data = bytearray(base64.b64decode(one[name]))
        data[at] ^= 1
        one[name] = base64.b64encode(data).decode()

    return change


def forge_head(lines: Lines) -> None:
    head = first(lines, "head")
    head["head"]["digest"] = "00" * 32
    payload = json.loads(base64.b64decode(head["dsse"]["payload"]))
    payload["digest"] = "00" * 32
    head["dsse"]["payload"] = base64.b64encode(json.dumps(payload).encode()).decode()


def another_time(lines: Lines) -> None:
    """A head with the right digest, which nobody signed."""
    head = first(lines, "head")
    head["head"]["time_ns"] += 1
    payload = json.loads(base64.b64decode(head["dsse"]["payload"]))
    payload["time_ns"] += 1
    head["dsse"]["payload"] = base64.b64encode(json.dumps(payload).encode()).decode()


ATTACKS: dict[str, Callable[[Lines], None]] = {
    "a byte of a segment": flip("data", "segment"),
    "a byte of a body": flip("data", "blob"),
    "a segment left out": lambda lines: lines.remove(first(lines, "segment")),
    "a segment twice": lambda lines: lines.insert(1, first(lines, "segment")),
    "a body left out": lambda lines: lines.remove(first(lines, "blob")),
    "the end cut off": lambda lines: lines.remove(lines[-1]),
    "another run's name": lambda lines: lines[0].update(run="x"),
    "another head at the end": lambda lines: lines[-1].update(head="00" * 32),
    "fewer records at the end": lambda lines: lines[-1].update(records=1),
    "another head signed": forge_head,
    "another time signed": another_time,
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_every_change_is_found_by_lion_and_by_the_program(
    lion: Lion, exported: Path, attack: str
) -> None:
    lines = read(exported)
    key = key_of(lines)
    ATTACKS[attack](lines)
    changed = lion.folder / "changed.jsonl"
    changed.write_text("".join(f"{json.dumps(one)}\n" for one in lines))
    assert_one_line(lion("verify", changed), 5)
    assert independent(changed, key).returncode != 0


@pytest.mark.parametrize(
    "text",
    ["", "{}\n", "no json\n", '{"type":"end"}\n', "[" * 100_000 + "\n", "\xff\n", "\0" * 99],
)
def test_what_is_no_export_is_told(lion: Lion, text: str) -> None:
    file = lion.write(text, "none.jsonl")
    assert_one_line(lion("verify", file), 5, "is no whole export of a run", "lion export RUN")


def test_a_file_that_is_there_is_not_overwritten(lion: Lion, exported: Path) -> None:
    before = exported.read_bytes()
    assert_one_line(lion("export", "last", "-o", exported), 2, "File exists", "name a new file")
    assert exported.read_bytes() == before


def test_a_run_that_does_not_verify_is_not_exported(lion: Lion, exported: Path) -> None:
    import sqlite3

    with sqlite3.connect(lion.state / "log.sqlite") as connection:
        connection.execute("UPDATE runs SET manifest_name = 'x'")
    connection.close()
    target = lion.folder / "not.jsonl"
    assert_one_line(lion("export", "last", "-o", target), 5, "gives another name")
    assert not target.exists()


def test_a_head_alone_for_other_verifiers(lion: Lion, exported: Path) -> None:
    from cwt import COSE, COSEKey

    dsse = json.loads(lion("export", "--head", "dsse").stdout)
    payload = base64.b64decode(dsse["payload"])
    file = lion.folder / "head.cose"
    assert lion("export", "--head", "cose", "--output", file).returncode == 0
    key = COSEKey.from_pem(public(lion).read_bytes(), kid=bytes.fromhex(key_of(read(exported))))
    assert COSE.new().decode(file.read_bytes(), key) == payload


def test_without_a_key_there_is_no_head(lion: Lion) -> None:
    assert lion("run", lion.write(tour())).returncode == 0
    assert_one_line(lion("export", "--head", "dsse"), 2, "has no signed head", "lion keygen")
    assert "not signed" in lion("verify").stdout
    assert_one_line(lion("verify", "--signed"), 5, "signed up to record 0", "lion keygen")
