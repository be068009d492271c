"""Look here if you want to know what the command line says of a program for WASI, and how it runs
without a manifest.
"""

import json
from pathlib import Path

import pytest
import wasmtime

from tests.cli.conftest import lion as lion
from tests.cli.kit import WASM, Lion, assert_one_line
from tests.wasi.kit import program

TOOL = program("tool")


@pytest.fixture
def data(lion: Lion) -> Path:
    folder = lion.folder / "data"
    folder.mkdir()
    (folder / "a.txt").write_text("12345")
    return folder


def test_it_runs_with_what_was_typed(lion: Lion, data: Path) -> None:
    done = lion("run", TOOL, "--yes", "--dir", f"{data}::/d", "--", "read", "/d/a.txt")
    assert done.returncode == 0, done.stderr
    assert 'ok      tool.main  "5 bytes\\n"' in done.stdout
    done = lion("run", TOOL, "--yes", "--env", "A=b", "--", "show", "${x}")
    assert '[\\"show\\", \\"${x}\\"] [(\\"A\\", \\"b\\")]' in done.stdout


def test_a_limit_that_was_typed_holds(lion: Lion) -> None:
    done = lion("run", TOOL, "--yes", "--limits", 'output = "2 B"', "--", "show", "x")
    assert done.returncode == 3
    assert "output" in done.stdout
    assert lion("run", TOOL, "--yes", "--limits", "calls = 9", "--", "show").returncode == 0


def test_its_twin_with_nothing_typed_finds_nothing(lion: Lion, data: Path) -> None:
    done = lion("run", TOOL, "--yes", "--", "read", "/d/a.txt")
    assert done.returncode == 1
    assert "NotFound" in done.stdout


def test_what_is_read_only_is_not_written(lion: Lion, data: Path) -> None:
    for prefix, code in (("", 0), ("ro:", 1)):
        words = ("--dir", f"{prefix}{data}::/d", "--", "write", "/d/new", "3")
        assert lion("run", TOOL, "--yes", *words).returncode == code
        assert (data / "new").exists() is (code == 0)
        (data / "new").unlink(missing_ok=True)


def test_without_a_yes_nothing_runs(lion: Lion, data: Path) -> None:
    done = lion("run", TOOL, "--dir", f"{data}::/d", "--env", "A=b", "--", "read", "/d/a.txt")
    assert (done.returncode, done.stdout) == (2, "")
    assert f"may read and write {data}, there /d" in done.stderr
    assert "has in its environment: A" in done.stderr
    assert "say so beforehand: --yes" in done.stderr
    assert "files: none, unless you say --dir" in lion("run", TOOL).stderr
    assert "servers: none, unless you say --allow" in lion("run", program("web")).stderr


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ((TOOL, "--dir", "../x"), "lies above"),
        ((TOOL, "--dir", "ro:none", "--yes"), "cannot be opened"),
        (("none.wasm", "--yes"), "there is no program 'none.wasm'"),
        (("none.wasm", "--", "a"), "there is no program 'none.wasm'"),
        (("none.toml", "--yes"), "there is no manifest"),
        ((".", "--yes"), "is a directory"),
        ((TOOL, "--env", "A"), "has no value"),
        ((TOOL, "--env", "=b"), "no name of a variable"),
        ((TOOL, "--allow", "x = ["), "--allow"),
        ((TOOL, "--limits", "x = ["), "write TOML: --limits"),
        ((TOOL, "--limits", 'deadlin = "1 s"'), "did you mean 'deadline'?"),
        ((program("proxy"), "--yes"), "it does not export wasi:cli/run"),
        ((WASM / "hello.wasm", "--yes"), "is a compiled component, not a manifest"),
    ],
)
def test_what_cannot_run_is_said_in_a_line(
    words: tuple[str | Path, ...], says: str, lion: Lion
) -> None:
    done = lion("run", *words)
    assert done.returncode == 2
    assert says in done.stderr
    assert "Traceback" not in done.stderr


def test_a_manifest_says_these_itself(lion: Lion) -> None:
    lion.write(f'name = "m"\n[plugins.x]\ncomponent = "{TOOL}"\n')
    for words in (("--dir", "."), ("--yes",), ("--", "a")):
        assert_one_line(lion("run", "manifest.toml", *words), 2, "is a manifest")


def test_inspect_says_what_stands_behind_each_import(lion: Lion) -> None:
    shown = lion("inspect", TOOL).stdout
    assert "guest    a component for WASI 0.2, as component sha256:" in shown
    assert "      open-at: fs.open, fs.stat" not in shown
    assert "[method]descriptor.open-at: fs.open, fs.stat" in shown
    assert "get-stdout: output.text" in shown
    found = json.loads(lion("inspect", TOOL, "--json").stdout)
    assert found["guest"]["kind"] == "wasi"
    assert found["is_agent"]
    assert [tool["name"] for tool in found["tools"]] == ["main"]
    assert not any("http" in name for name in found["imports"])


def test_inspect_says_why_another_does_not_run(lion: Lion) -> None:
    changed = lion.folder / "changed.wasm"
    changed.write_bytes(TOOL.read_bytes().replace(b"wasi:cli/exit@", b"wasi:cli/exxt@"))
    shown = lion("inspect", changed)
    assert "wasi:cli/exxt@0.2.6: exit\n      lion does not offer it\n" in shown.stdout
    assert "runs     no: it imports wasi:cli/exxt@0.2.6, which lion does not offer" in shown.stdout
    assert shown.stdout.count("lion does not offer") == 2


def test_inspect_says_the_same_of_a_program_for_preview_1(lion: Lion) -> None:
    lacking = lion.folder / "lacking.wasm"
    lacking.write_bytes(
        wasmtime.wat2wasm("""(module
            (import "wasi_snapshot_preview1" "path_fly" (func (param i32)))
            (memory (export "memory") 1) (func (export "_start")))""")
    )
    for words in (("inspect", lacking), ("run", lacking, "--yes")):
        assert_one_line(lion(*words), 3, "path_fly, which lion does not offer")


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ('env = { "A=B" = "x" }', "no name of a variable"),
        ('args = ["a\\u0000b"]', "NUL"),
        ("args = [1]", "args"),
    ],
)
def test_mistakes_in_its_keys(line: str, says: str, lion: Lion) -> None:
    lion.write(f'name = "m"\n[plugins.x]\ncomponent = "{TOOL}"\n{line}\n')
    done = lion("check", "manifest.toml")
    assert done.returncode == 2
    assert says in done.stderr
