"""Look here if you want to know whether the README tells the truth: commands, manifests, map.

Rule: a shell block says ```sh test (run in the fast suite) or ```sh slow (network, compilers).
"""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.here import run_here
from tests.cli.kit import ROOT, SECONDS, Lion
from tests.toolchain.place import Place, clone

README = (ROOT / "README.md").read_text("utf-8")


def _blocks(text: str) -> list[tuple[str, str, str]]:
    """The code blocks of a text: language, the word after it, content."""
    return re.findall(r"^```(\w+)(?: (\S+))?\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


BLOCKS = _blocks(README)
SLOW_SECONDS = 2400
_PATH = {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
"""Where `lion` is this environment's."""


def shell_blocks(mark: str) -> list[str]:
    return [text for language, word, text in BLOCKS if (language, word) == ("sh", mark)]


def shell(text: str, folder: Path, environ: dict[str, str], seconds: int) -> str:
    """What a block prints; each of its commands has to succeed."""
    result = subprocess.run(
        ["sh", "-euc", text], cwd=folder, env=environ, capture_output=True, text=True,
        timeout=seconds, check=False,
    )  # fmt: skip
    assert result.returncode == 0, f"{text}\n{result.stdout}\n{result.stderr}"
    return result.stdout


def test_every_shell_block_says_when_it_is_run() -> None:
    marks = [word for language, word, _ in BLOCKS if language == "sh"]
    assert marks
    assert set(marks) <= {"test", "slow"}


def test_the_commands_work(lion: Lion) -> None:
    """Typed where the README is; a shell has nothing to add to lines that only name lion."""
    printed = ""
    for line in "".join(shell_blocks("test")).splitlines():
        program, *words = shlex.split(line, comments=True)
        assert program == "lion" and not set(line) & set("|&;<>$`*"), line
        done = run_here(words, folder=ROOT, environ=lion.environ)
        assert done.returncode == 0, f"{line}\n{done.stdout}\n{done.stderr}"
        printed += done.stdout
    assert "identical" in printed
    assert '"Hello, Ann!"' in printed


def test_the_tests_of_plugins_pass(tmp_path: Path) -> None:
    (text,) = [text for language, word, text in BLOCKS if (language, word) == ("python", "test")]
    (tmp_path / "test_plugins.py").write_text(text, "utf-8")
    words = ["-m", "pytest", "--rootdir", str(tmp_path), "-c", os.devnull, str(tmp_path)]
    environ = {**os.environ, "PYTHONPATH": str(ROOT), "LION_CACHE": os.environ["LION_TEST_CACHE"]}
    ran = subprocess.run(
        [sys.executable, *words], cwd=ROOT, env=environ, capture_output=True, text=True,
        timeout=SECONDS * 2, check=False,
    )  # fmt: skip
    assert "3 passed" in ran.stdout, ran.stdout


def test_the_first_manifest_is_the_example() -> None:
    example = (ROOT / "examples" / "hello" / "manifest.toml").read_text("utf-8")
    assert example in [text for language, _, text in BLOCKS if language == "toml"]


def test_the_larger_manifest_and_the_policy_work(lion: Lion) -> None:
    manifests = [t for language, word, t in BLOCKS if language == "toml" and not word]
    _, large, policy, _ = manifests
    shutil.copytree(ROOT / "plugins-wasm", lion.folder / "plugins-wasm")
    words = ("run", lion.write(large), "--policy", lion.write(policy, "policy.toml"))
    report = lion.json(*words)
    assert report["exit_code"] == 0, report
    assert "What do lions eat?" in report["endings"][0]["text"]
    assert report["endings"][1]["value"] == 3


def test_the_manifest_with_a_server_and_a_model_checks(lion: Lion) -> None:
    desk = [t for language, word, t in BLOCKS if language == "toml" and not word][3]
    for folder in ("plugins-wasm", "examples"):
        shutil.copytree(ROOT / folder, lion.folder / folder)
    checked = lion("check", lion.write(desk))
    assert checked.returncode == 0, checked.stderr


def test_the_table_of_commands_is_the_command_line() -> None:
    from lion.cli.lazy_group import COMMANDS

    assert set(re.findall(r"^\| `lion (\w+)", README, re.MULTILINE)) == set(COMMANDS)


def test_the_map_is_the_tree() -> None:
    listed = set(re.findall(r"^\| `([^`]+)` \|", _section("The map"), re.MULTILINE))
    assert listed == _entries(ROOT) | _lion()


def _section(title: str) -> str:
    return README.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def _entries(folder: Path) -> set[str]:
    """Folders that are kept: those with a file git knows or could know."""
    known = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=folder, capture_output=True, text=True, check=False,
    ).stdout  # fmt: skip
    if not known:
        pytest.skip("needs a git checkout")
    folders = {line.partition("/")[0] for line in known.splitlines() if "/" in line}
    return {f"{name}/" for name in folders if not name.startswith(".")}


def _lion() -> set[str]:
    found = set()
    for path in (ROOT / "lion").iterdir():
        if path.is_dir() and (path / "__init__.py").exists():
            found.add(f"lion/{path.name}/")
        elif path.suffix == ".py" and path.name != "__init__.py":
            found.add(f"lion/{path.name}")
    return found


@pytest.mark.slow
def test_two_commands_in_an_empty_clone_with_an_empty_home(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    folder = clone(tmp_path / "clone")
    (text,) = [block for block in shell_blocks("slow") if "make run" in block]
    environ = {"HOME": str(home), "ARGS": "tests/cli/test_settings.py", "PYTHON": sys.executable}
    passed = {k: v for k, v in os.environ.items() if k.startswith("PIP_") or k.endswith("_proxy")}
    printed = shell(f"{text}make", folder, passed | environ | _PATH, SLOW_SECONDS)
    assert "denied  fetcher" in printed
    assert ".venv/bin/lion replay last" in printed
    assert "passed" in printed
    assert "make bench" in printed


@pytest.mark.slow
def test_the_first_plugin_with_lion_from_a_wheel(place: Place) -> None:
    """Every command of that section, in an empty folder, with an empty HOME and no checkout."""
    place.empty("fox", "bat", "shelf")
    environ = place.install_wheel()
    printed = ""
    for language, path, text in _blocks(_section("Your first plugin, in ten minutes")):
        if path == "slow":
            printed += shell(text, place.folder, environ, SLOW_SECONDS)
        elif language in ("wit", "rust"):
            (place.folder / path).write_text(text, "utf-8")
    assert printed.count('"Good morning, Ann!"') == 3
    assert '"ring-ding ring-ding"' in printed
    assert "What the fox says, so many times." in printed
    assert printed.count("3 passed") == 3
