"""Look here if you want to know how tests start lion: here, or as a process like a person does.

Rule: a process is for what only a process shows: signals, pipes, terminals, how it ends.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.cli.here import run_here

ROOT = Path(__file__).parents[2]
WASM = ROOT / "plugins-wasm"
WAT = ROOT / "plugins-src" / "wat"
SECONDS = 60


class Lion:
    """lion with a home, a state and a cache of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.state = folder / "state"
        self.environ = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            # This checkout, also where another one is installed (a git worktree).
            "PYTHONPATH": str(ROOT),
            "LION_STATE": str(self.state),
            # Compiled code is the same for all tests, and made once.
            "LION_CACHE": os.environ["LION_TEST_CACHE"],
            "LC_ALL": "C.UTF-8",
        }

    def __call__(
        self, *words: str | Path, stdin: str = "", **environ: str
    ) -> subprocess.CompletedProcess[str]:
        """What a command comes to, run here."""
        return run_here(
            list(map(str, words)),
            folder=self.folder,
            environ=self.environ | environ,
            stdin=stdin,
        )

    def process(
        self, *words: str | Path, stdin: str = "", **environ: str
    ) -> subprocess.CompletedProcess[str]:
        """The same in a process of its own."""
        return subprocess.run(
            [sys.executable, "-m", "lion", *map(str, words)],
            cwd=self.folder,
            env=self.environ | environ,
            input=stdin,
            capture_output=True,
            encoding="utf-8",
            timeout=SECONDS,
            check=False,
        )

    def json(self, *words: str | Path) -> Any:
        """What a command prints with --json."""
        return json.loads(self(*words, "--json").stdout)

    def write(self, text: str, name: str = "manifest.toml") -> Path:
        """A file in the folder."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
        return path

    def component(self, wat: str) -> Path:
        """A component of plugins-src/wat, assembled."""
        from wasmtime import wat2wasm

        path = self.folder / f"{wat}.wasm"
        path.write_bytes(bytes(wat2wasm((WAT / f"{wat}.wat").read_text("utf-8"))))
        return path


def tour(*, task: str = "2 + 3") -> str:
    """A manifest with two agents and three plugins; `bob` may not do all that he tries."""
    return f"""
name = "tour"

[plugins.hello]
component = "{WASM}/hello.wasm"

[plugins.calculator]
component = "{WASM}/calculator.wasm"

[plugins.notebook]
component = "{WASM}/notebook.wasm"
allow.kv = {{ bytes = "64 KiB" }}

[agents.ann]
component = "{WASM}/guide.wasm"
allow.tools = ["**"]

[agents.bob]
component = "{WASM}/guide.wasm"
allow.tools = ["calculator.*", "hello.*"]

[[run]]
agent = "ann"
task = "{task}"

[[run]]
agent = "bob"
task = "{task}"
"""


def assert_one_line(result: subprocess.CompletedProcess[str], code: int, *parts: str) -> None:
    """One `error:` line with these parts, two lines of hints at most, and no traceback."""
    lines = result.stderr.splitlines()
    assert result.returncode == code, result.stderr
    assert lines[0].startswith("error: "), result.stderr
    assert all(line.startswith("       ") for line in lines[1:]), result.stderr
    assert len(lines) <= 3, result.stderr
    assert "Traceback" not in result.stderr
    for part in parts:
        assert part in result.stderr
