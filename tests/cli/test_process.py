"""Look here if you want to know how lion behaves as a process: signals, pipes, terminals."""

import os
import pty
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from lion.errors import OperatorError
from lion.log.sqlite_reader import open_sqlite_reader
from tests.cli.kit import ROOT, SECONDS, WASM, Lion, tour

HEAVY = ("trio", "wasmtime", "pydantic", "rich", "structlog", "sqlite3")


def test_help_imports_nothing_heavy(lion: Lion) -> None:
    code = (
        "import sys; sys.argv = ['lion', '--help']\n"
        "from lion.cli.main import main\n"
        f"assert main() == 0; print([m for m in {HEAVY!r} if m in sys.modules])"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], env=lion.environ, capture_output=True, text=True, check=True
    )
    assert result.stdout.endswith("[]\n")
    assert "replay" in result.stdout
    # The page tells of the same exit codes.
    page = (ROOT / "docs" / "command-line.md").read_text("utf-8").partition("## Exit codes\n")[2]
    told = re.findall(r"^\| (\d+) \|", page.partition("\n## ")[0], re.MULTILINE)
    _, _, codes = result.stdout.partition("Exit codes: ")
    assert told == re.findall(r"\d+", codes.partition("[")[0])


@pytest.mark.parametrize("words", ["runs", "log", "verify"])
def test_reading_the_log_imports_no_engine_loop_or_writer(lion: Lion, words: str) -> None:
    assert lion("call", WASM / "hello.wasm", "greet", '{"name": "Ann"}').returncode == 0
    heavy = (
        "trio",
        "wasmtime",
        "pydantic",
        "rich",
        "lion.log.sqlite",
        "lion.log.sqlite_store",
    )
    code = (
        f"import sys; sys.argv = ['lion', '{words}']\n"
        "import lion.history\n"
        f"assert not [m for m in {heavy!r} if m in sys.modules]\n"
        "from lion.cli.main import main\n"
        f"assert main() == 0; print([m for m in {heavy!r} if m in sys.modules])"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], env=lion.environ, capture_output=True, text=True, check=False
    )
    assert result.stdout.endswith("[]\n"), result.stdout + result.stderr


def test_a_run_imports_only_what_it_uses(lion: Lion) -> None:
    manifest = ROOT / "examples" / "hello" / "manifest.toml"
    spare = (
        "rich", "structlog", "asyncio", "jsonschema", "tomli_w", "httpx2", "httpcore",
        "lion.capabilities.fs", "lion.capabilities.http.functions", "lion.capabilities.llm",
        "lion.capabilities.models.opening", "lion.forking", "lion.resuming", "lion.kernel.session",
        "lion.wasm.extism",
    )  # fmt: skip
    code = (
        f"import sys; sys.argv = ['lion', 'run', {str(manifest)!r}]\n"
        "from lion.cli.main import main\n"
        f"assert main() == 0; print([m for m in {spare!r} if m in sys.modules])"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], env=lion.environ, capture_output=True, text=True, check=False
    )
    assert result.stdout.endswith("\n[]\n"), result.stdout + result.stderr


def test_output_into_a_pipe_that_ends_at_once_is_whole(lion: Lion) -> None:
    """The process ends without taking itself apart; whatever was said is out by then."""
    for words in (["--help"], ["--version"], ["inspect", str(WASM / "guide.wasm"), "--json"]):
        first, again = lion.process(*words), lion(*words)
        assert first.stdout == again.stdout
        assert first.stdout.endswith("\n")
        assert (first.returncode, first.stderr) == (0, "")


@pytest.mark.parametrize(
    ("component", "tool", "arguments", "code"),
    [("calculator", "divide", '{"a": 1, "b": 0}', 1), ("hostile", "panic", '{"message": ""}', 3)],
)
def test_the_exit_code_is_the_commands(
    lion: Lion, component: str, tool: str, arguments: str, code: int
) -> None:
    words = ("call", WASM / f"{component}.wasm", tool, arguments)
    assert lion.process(*words).returncode == lion(*words).returncode == code


def test_an_interrupt_ends_a_run_in_order(lion: Lion) -> None:
    words = [sys.executable, "-m", "lion", "call", str(WASM / "hostile.wasm"), "spin"]
    with subprocess.Popen(
        [*words, "-vv"],
        env=lion.environ,
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if "PluginInvoked" in line:
                break
        process.send_signal(signal.SIGINT)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=SECONDS)
    assert process.returncode == 130
    assert "Traceback" not in errors
    assert "interrupted" in errors
    (summary,) = lion.json("runs")
    assert (summary["state"], summary["exit_code"]) == ("ended", 130)
    assert lion("verify").returncode == 0


def test_an_interrupt_that_was_held_back_is_answered(lion: Lion) -> None:
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        words = [sys.executable, "-m", "lion", "run", str(lion.write(tour()))]
        process = subprocess.Popen(
            words, env=lion.environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    with process:
        process.send_signal(signal.SIGINT)
        told = process.communicate(timeout=SECONDS)[0]
    assert process.returncode == 130
    assert "Traceback" not in told
    assert lion.json("runs") == []


def test_a_reader_that_leaves_is_no_error(lion: Lion) -> None:
    manifest = lion.write(tour())
    for words in (["run", str(manifest)], ["log", "last"], ["--help"]):
        reading, writing = os.pipe()
        os.close(reading)
        result = subprocess.run(
            [sys.executable, "-m", "lion", *words],
            env=lion.environ, stdout=writing, stderr=subprocess.PIPE, text=True, check=False,
        )  # fmt: skip
        os.close(writing)
        assert (result.returncode, result.stderr) == (0, "")
    assert lion.json("runs")[-1]["exit_code"] == 0


def has_ended(state: Path) -> bool:
    """True from the moment on when a run's ending can be read."""
    try:
        with open_sqlite_reader(state) as reader:
            return any(run.exit_code == 0 for run in reader.runs())
    except OperatorError:
        return False


def test_a_reader_that_is_stuck_holds_up_nobody(lion: Lion) -> None:
    manifest = lion.write(f"""
name = "flood"
[plugins.hostile]
component = "{WASM}/hostile.wasm"
[[run]]
call = "hostile.output-flood"
with = {{ n = 500, size = 1000 }}
""")
    words = [sys.executable, "-m", "lion", "run", str(manifest)]
    with subprocess.Popen(
        words, env=lion.environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        # Half a megabyte does not fit into a pipe that nobody reads; the run ends all the same.
        deadline = time.monotonic() + SECONDS
        while not has_ended(lion.state):
            assert time.monotonic() < deadline
        assert process.poll() is None
        # Once is enough, also while the ending is still being written.
        process.send_signal(signal.SIGINT)
        assert process.wait(SECONDS) == 130
        assert process.stderr is not None
        assert process.stderr.read().strip() == b""


@pytest.mark.parametrize(("environ", "has_colour"), [({}, True), ({"NO_COLOR": "1"}, False)])
def test_colour_is_for_terminals(lion: Lion, environ: dict[str, str], has_colour: bool) -> None:
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "lion", "call", str(WASM / "calculator.wasm"), "divid"],
        env=lion.environ | {"TERM": "xterm"} | environ, stderr=theirs, stdout=subprocess.DEVNULL,
    ) as process:  # fmt: skip
        os.close(theirs)
        seen = b""
        while chunk := _read(ours):
            seen += chunk
    os.close(ours)
    assert process.returncode == 2
    assert (b"\x1b[31m" in seen) is has_colour


def _read(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, 4096)
    except OSError:  # Linux says so when the other end of a terminal is closed
        return b""


@pytest.mark.parametrize("version", [(3, 10, 4), (3, 14, 0), (3, 14, 1)])
def test_some_pythons_are_refused(version: tuple[int, int, int]) -> None:
    from lion.domain.pythons import check_python
    from lion.errors import OperatorError

    with pytest.raises(OperatorError, match="Python 3"):
        check_python(version)


@pytest.mark.parametrize("version", [(3, 11, 0), (3, 13, 9), (3, 14, 2), (3, 15, 0)])
def test_the_others_are_not(version: tuple[int, int, int]) -> None:
    from lion.domain.pythons import check_python

    check_python(version)


def test_the_program_is_named_as_it_was_started(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from lion.cli.options import Common
    from lion.cli.summary import typed_command

    (tmp_path / "bin").mkdir()
    program = tmp_path / "bin" / "lion"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["bin/lion", "run"])
    monkeypatch.setenv("PATH", "/nowhere")
    assert typed_command(Common())("replay") == "bin/lion replay last"
    monkeypatch.setenv("PATH", str(program.parent))
    assert typed_command(Common(state="a b"))("log", "x") == "lion log x --state 'a b'"
