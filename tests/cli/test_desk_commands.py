"""What `make run` prints at its end is typed by people: each command does what it says there."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.cli.kit import ROOT, SECONDS, Lion

DIARY = "For the diary too"
GRANT = 'allow.http = ["GET ${web}/park/**"]'


@pytest.fixture
def desk(lion: Lion) -> Path:
    """The example in a folder of its own, beside the components it names."""
    for name in ("examples/research-desk", "plugins-wasm"):
        shutil.copytree(ROOT / name, lion.folder / name)
    return lion.folder / "examples" / "research-desk"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def run(lion: Lion, desk: Path, port: int) -> str:
    """What the desk prints."""
    words = [sys.executable, str(desk / "desk.py"), "--port", str(port)]
    done = subprocess.run(
        words, cwd=lion.folder, env=lion.environ, capture_output=True, text=True, timeout=SECONDS
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def typed(lion: Lion, command: str) -> str:
    """What a command prints, typed as it was suggested."""
    environ = {**lion.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    done = subprocess.run(
        command, cwd=lion.folder, env=environ, shell=True, capture_output=True, text=True,
        timeout=SECONDS,
    )  # fmt: skip
    assert done.returncode == 0, (command, done.stderr)
    return done.stdout


@pytest.mark.slow
def test_what_the_desk_suggests_does_what_it_says(lion: Lion, desk: Path) -> None:
    port = free_port()
    printed = run(lion, desk, port)
    suggested = dict(re.findall(r"^(again|who may|is it) [\w ?]*:\s+(.*)$", printed, re.MULTILINE))
    assert set(suggested) == {"again", "who may", "is it"}
    below = re.findall(r"^  lion (replay|audit|verify) last  ", printed, re.MULTILINE)
    assert below == ["replay", "audit", "verify"], "the same three, and no other"
    assert re.search(r"^identical  run ", typed(lion, suggested["again"]), re.MULTILINE)
    audit = typed(lion, suggested["who may"])
    assert "denied  fetcher  http start " in audit and len(audit.splitlines()) <= 24
    (whole,) = re.findall(r"^all of it: (.*)$", audit, re.MULTILINE)
    full = typed(lion, whole)
    assert "never used" in full and f"GET http://127.0.0.1:{port}/park/food.html (1)" in full
    assert re.match(r"ok  run \S+: \d+ records, finished\n", typed(lion, suggested["is it"]))

    pasted = r"allow it:  under \[(.*)\] in \S*manifest.toml write\n\s+(allow\..*)$"
    ((where, line),) = re.findall(pasted, printed, re.MULTILINE)
    assert where == "plugins.fetcher" and tomllib.loads(line)
    assert DIARY in printed
    path = desk / "manifest.toml"
    text = path.read_text()
    assert text.count(GRANT) == 1
    path.write_text(text.replace(GRANT, line))
    with socket.create_server(("127.0.0.1", port)):
        again = run(lion, desk, port)  # the line fits whichever port it runs on
    assert f"127.0.0.1:{port}" not in again
    assert "denied  " not in again and "On Tuesdays the park's own lions get chicken [3]." in again
    assert "accepted: all three claims" in again and "refused" not in again
    assert DIARY not in again


@pytest.mark.slow
@pytest.mark.parametrize(
    "everybody", [True, False], ids=["as a terminal does", "the script alone"]
)
def test_an_interrupt_ends_the_desk_without_a_traceback(
    lion: Lion, desk: Path, everybody: bool
) -> None:
    words = [sys.executable, str(desk / "desk.py"), "--port", str(free_port())]
    with subprocess.Popen(
        words, cwd=lion.folder, env=lion.environ, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True, start_new_session=True,
    ) as process:  # fmt: skip
        assert process.stdout is not None and process.stdout.readline()
        (os.killpg if everybody else os.kill)(process.pid, signal.SIGINT)
        told = process.communicate(timeout=SECONDS)[0]
    assert process.returncode == 130 and "Traceback" not in told


def test_an_interrupt_while_the_desk_is_imported_is_none_either(lion: Lion, desk: Path) -> None:
    early = lion.write(
        "import os, signal\nos.kill(os.getpid(), signal.SIGINT)\n", "early/http/__init__.py"
    )
    done = subprocess.run(
        [sys.executable, str(desk / "desk.py")], cwd=lion.folder,
        env={**lion.environ, "PYTHONPATH": str(early.parents[1])}, capture_output=True, text=True,
        timeout=SECONDS, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout, done.stderr) == (-signal.SIGINT, "", "")
