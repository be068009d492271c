"""What is recorded can be read and verified where nothing can be written: on a medium that is
read-only, in a directory that is, on a disk that is full; also a log whose process was killed.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from lion.log.sqlite_schema import LOG_NAME
from tests.cli.kit import ROOT, WASM, Lion

READ_ONLY = 'mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && ! touch "$0/x" 2>/dev/null'
FULL = (
    'cp -a "$0" "$0.kept" && mount -t tmpfs -o size=16m none "$0" && cp -a "$0.kept/." "$0" && '
    '{ cat /dev/zero >"$0/fill" 2>/dev/null; ! echo x >"$0/x" 2>/dev/null; }'
)
COMMANDS = (
    ("runs",), ("log",), ("verify",), ("audit",), ("replay",), ("export",), ("kv", "list"),
)  # fmt: skip


def may_mount() -> bool:
    command = ["unshare", "-m", "mount", "-t", "tmpfs", "none", "/mnt"]
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        return False


mounting = pytest.mark.skipif(not may_mount(), reason="only who may mount can try it")


def within(how: str, state: Path) -> list[str]:
    """What a command begins with, to see its state directory as `how` says."""
    if how == "directory":
        for path in (*state.rglob("*"), state):
            path.chmod(0o500 if path.is_dir() else 0o400)
        # root without these rights is as anybody.
        rights = "-dac_override,-dac_read_search"
        root = ["setpriv", f"--bounding-set={rights}", f"--inh-caps={rights}"]
        return root if os.geteuid() == 0 else []
    mount = READ_ONLY if how == "medium" else FULL
    return ["unshare", "-m", "sh", "-c", f'{mount} && exec "$@"', str(state)]


PLACES = (
    pytest.param("medium", marks=mounting),
    pytest.param("disk", marks=mounting),
    pytest.param(
        "directory",
        marks=pytest.mark.skipif(
            os.geteuid() == 0 and shutil.which("setpriv") is None, reason="root may write all"
        ),
    ),
)


def read(lion: Lion, how: str, *words: str) -> subprocess.CompletedProcess[str]:
    command = [*within(how, lion.state), sys.executable, "-m", "lion", *words]
    return subprocess.run(
        command, cwd=lion.folder, env=lion.environ, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("how", PLACES)
@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_a_log_is_read_where_nothing_can_be_written(
    recorded: Lion, how: str, words: tuple[str, ...]
) -> None:
    before = recorded(*words).stdout
    for left in ("verified.jsonl", f"{LOG_NAME}-wal", f"{LOG_NAME}-shm"):
        (recorded.state / left).unlink(missing_ok=True)
    result = read(recorded, how, *words)
    assert (result.returncode, result.stderr) == (0, "")
    if words != ("replay",):
        assert result.stdout == before


def kill_a_writer(lion: Lion) -> None:
    """Leave records in the WAL, by a process that had no time to close the log."""
    command = [sys.executable, "-m", "tests.log.writer_process", str(lion.state), "killed"]
    with subprocess.Popen(
        [*command, "forever", "0"], stdout=subprocess.PIPE, text=True, cwd=ROOT
    ) as process:
        assert process.stdout is not None
        told = [process.stdout.readline() for _ in range(9)]
        assert told[0] == "started\n"
        process.kill()
    assert (lion.state / f"{LOG_NAME}-wal").stat().st_size > 0


@pytest.mark.parametrize("how", PLACES)
@pytest.mark.parametrize("with_index", [True, False], ids=["index", "no-index"])
def test_so_is_one_whose_process_was_killed(recorded: Lion, how: str, with_index: bool) -> None:
    kill_a_writer(recorded)
    index = recorded.state / f"{LOG_NAME}-shm"
    aside = recorded.state.with_name("aside")
    shutil.copytree(recorded.state, aside)
    assert recorded("verify", "killed").returncode == 0
    before = recorded("log", "killed", "--json").stdout
    shutil.rmtree(recorded.state)
    shutil.move(aside, recorded.state)
    if not with_index:
        index.unlink()
    result = read(recorded, how, "log", "killed", "--json")
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout == before != ""


@pytest.mark.parametrize("how", PLACES)
def test_a_run_there_is_refused_and_says_why(recorded: Lion, how: str) -> None:
    result = read(recorded, how, "call", str(WASM / "calculator.wasm"), "add", "{}")
    assert result.returncode == 4 if how == "disk" else result.returncode in (2, 5), result.stderr
    assert "Traceback" not in result.stderr
    assert str(recorded.state) in result.stderr
