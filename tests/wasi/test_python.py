"""Look here if you want to know what Python may within the sandbox: CPython, made a component by
componentize-py and composed with lion's adapter, which imports lion's interfaces besides.
"""

import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import tomli_w

from lion.manifest.parse import parse_manifest
from lion.review.report import RunReport
from tests.attack.kit import Arena, only, open_arena
from tests.wasi.kit import mount
from tests.wasm.kit import BUILT

ROOT = Path(__file__).parents[2]
LIMITS = {"memory": "256 MiB", "cpu": "60 s", "deadline": "120 s"}
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        importlib.util.find_spec("componentize_py") is None,
        reason="componentize-py is not installed",
    ),
]


@pytest.fixture(scope="module")
def words(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The plugin, built."""
    folder = tmp_path_factory.mktemp("python")
    shutil.copytree(Path(__file__).parent / "python", folder, dirs_exist_ok=True)
    deps = folder / "wit" / "deps"
    shutil.copytree(ROOT / "plugins-src" / "wasi" / "wit" / "deps", deps)
    shutil.copytree(ROOT / "wit", deps / "lion")
    command = [Path(sys.executable).parent / "componentize-py", "-d", "wit", "-w", "words"]
    subprocess.run([*command, "componentize", "app", "-o", "words.wasm"], cwd=folder, check=True)
    return folder / "words.wasm"


async def _call(arena: Arena, component: Path, tool: str, **given: Any) -> RunReport:
    allow = given.pop("allow", {})
    holder = {"component": str(component), "allow": allow, "limits": LIMITS}
    calculator = {"component": str(BUILT / "calculator.wasm")}
    run = {"call": f"w.{tool}", "with": given}
    tables = {"name": "n", "plugins": {"w": holder, "calculator": calculator}, "run": [run]}
    report = await arena.host.run(parse_manifest(tomli_w.dumps(tables), path=None))
    assert (await arena.replay(report.run)).identical
    return report


async def test_python_within_the_sandbox(words: Path, tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "file").write_text("inside")
    files = {"fs": [mount(tmp_path / "d", write=False)]}
    async with open_arena(tmp_path) as arena:
        report = await _call(arena, words, "count", text="one two three")
        assert only(report).value == 3
        report = await _call(arena, words, "read-file", path="/d/file", allow=files)
        assert only(report).value == "inside"
        report = await _call(arena, words, "read-file", path="/d/file")
        assert only(report).value == "FileNotFoundError"
        report = await _call(arena, words, "read-file", path="/d/../../etc/passwd", allow=files)
        assert not only(report).ok
        for what in ("socket", "subprocess", "ctypes"):
            report = await _call(arena, words, "reach", what=what)
            assert only(report).value == "ModuleNotFoundError"
        report = await _call(arena, words, "reach", what="environment")
        assert only(report).value == "{}"
        tools = {"tools": ["calculator.add"]}
        report = await _call(arena, words, "ask", name="calculator.add", allow=tools)
        assert only(report).value == "3"
        report = await _call(arena, words, "ask", name="calculator.add")
        assert not only(report).ok
        assert report.denied == 1
