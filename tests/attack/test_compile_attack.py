"""Components that attack whoever looks at them: the commands answer with one line, and stop when
they are told to.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from lion.reading import COMPONENT_SIZE
from tests.cli.kit import SECONDS, Lion, assert_one_line
from tests.wasm.test_compile import bomb


@pytest.fixture
def lion(tmp_path: Path) -> Lion:
    return Lion(tmp_path)


def manifest(lion: Lion, component: Path, call: str) -> Path:
    return lion.write(
        f'name = "stranger"\n[plugins.it]\ncomponent = "{component}"\n'
        f'[[run]]\ncall = "it.{call}"\n'
    )


def every_command(lion: Lion, component: Path, call: str) -> Iterator[list[str | Path]]:
    written = manifest(lion, component, call)
    yield ["inspect", component]
    yield ["check", written]
    yield ["call", component, call]
    yield ["run", written]


def test_what_aborted_the_host_is_a_component_like_others(lion: Lion) -> None:
    component = lion.component("nested-strings")
    for words in every_command(lion, component, "go"):
        result = lion(*words)
        assert result.returncode == 0, (words, result.stderr)
    assert "7" in result.stdout


@pytest.mark.slow
def test_what_costs_minutes_and_gibibytes_is_one_line(lion: Lion) -> None:
    component = lion.folder / "bomb.wasm"
    component.write_bytes(bomb())
    for words in every_command(lion, component, "nop"):
        assert_one_line(lion(*words), 2, "bomb.wasm", "to compile", "out of proportion")


def children(process: subprocess.Popen[bytes]) -> list[int]:
    """The processes that one has started and that live."""
    try:
        tasks = list(Path(f"/proc/{process.pid}/task").iterdir())
        return [int(pid) for task in tasks for pid in (task / "children").read_text().split()]
    except OSError:
        return []


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="looks into Linux's /proc")
@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_signal_ends_a_compile_at_once(lion: Lion, sent: signal.Signals) -> None:
    component = lion.folder / "bomb.wasm"
    component.write_bytes(bomb())
    with subprocess.Popen(
        [sys.executable, "-m", "lion", "inspect", str(component)],
        env=lion.environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    ) as process:  # fmt: skip
        while not (compiling := children(process)):
            assert process.poll() is None
        process.send_signal(sent)
        _, errors = process.communicate(timeout=SECONDS)
    assert process.returncode == (-sent if sent == signal.SIGKILL else 130), errors
    assert b"Traceback" not in errors and b"to compile" not in errors
    deadline = time.monotonic() + SECONDS
    while any(map(alive, compiling)):
        assert time.monotonic() < deadline, "the child works on"


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


@pytest.mark.parametrize("kind", ["pipe", "endless", "sparse"])
def test_what_is_no_file_is_one_line(lion: Lion, kind: str) -> None:
    component = lion.folder / "it.wasm"
    match kind:
        case "pipe":
            os.mkfifo(component)
        case "endless":
            component.symlink_to("/dev/zero")
        case _:
            with component.open("wb") as file:
                file.truncate(COMPONENT_SIZE + 1)
    said = "larger than" if kind == "sparse" else "not a file"
    assert_one_line(lion("inspect", component), 2, "it.wasm", said)
    assert_one_line(lion("run", manifest(lion, component, "nop")), 2, "it.wasm", said)
