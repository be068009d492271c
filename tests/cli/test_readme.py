"""Look here if you want to know whether a stranger's first hour works.

Rule: these need compilers, a network and minutes; what is quick is in test_documents.py.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.documents import blocks_of
from tests.cli.kit import Lion
from tests.cli.test_documents import lines_of
from tests.toolchain.place import Place, clone

SLOW_SECONDS = 2400
_PATH = {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
"""Where `lion` is this environment's."""


SLOW = ("sh", "slow")


def slow_blocks(page: str) -> list[str]:
    return [block.text for block in blocks_of(page) if (block.language, block.mark) == SLOW]


def shell(text: str, folder: Path, environ: dict[str, str]) -> str:
    """What a block prints; each of its commands has to succeed."""
    result = subprocess.run(
        ["sh", "-euc", text], cwd=folder, env=environ, capture_output=True, text=True,
        timeout=SLOW_SECONDS, check=False,
    )  # fmt: skip
    assert result.returncode == 0, f"{text}\n{result.stdout}\n{result.stderr}"
    return result.stdout


def test_the_slow_blocks_of_the_readme_are_run_somewhere() -> None:
    two_commands, first_plugin = slow_blocks("README.md")
    assert "make run" in two_commands
    assert first_plugin in slow_blocks("docs/plugins.md")


def test_the_larger_manifest_and_the_policy_do_what_the_page_says(stocked: Lion) -> None:
    blocks = blocks_of("docs/manifest.md")
    manifest = next(block.text for block in blocks if block.mark == "manifest")
    (policy,) = [block.text for block in blocks if block.mark == "policy"]
    words = ("run", stocked.write(manifest), "--policy", stocked.write(policy, "policy.toml"))
    report = stocked.json(*words)
    assert report["exit_code"] == 0, report
    assert "What do lions eat?" in report["endings"][0]["text"]
    assert report["endings"][1]["value"] == 3


@pytest.mark.slow
def test_two_commands_in_an_empty_clone_with_an_empty_home(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    folder = clone(tmp_path / "clone")
    (text,) = [block for block in slow_blocks("README.md") if "make run" in block]
    environ = {"HOME": str(home), "ARGS": "tests/cli/test_settings.py", "PYTHON": sys.executable}
    passed = {k: v for k, v in os.environ.items() if k.startswith("PIP_") or k.endswith("_proxy")}
    printed = shell(f"{text}make", folder, passed | environ | _PATH)
    assert "denied  fetcher" in printed
    assert ".venv/bin/lion replay last" in printed
    assert "passed" in printed
    assert "make bench" in printed
    (shown,) = [b.text for b in blocks_of("README.md") if (b.language, b.mark) == ("text", "")]
    known = [*lines_of(printed), "..."]
    lost = [line for line in lines_of(shown) if line not in known]
    # The port may be another, and the count of calls is by how words fall into pieces.
    assert len([line for line in lost if "127.0.0.1" not in line and " calls, " not in line]) == 0


@pytest.mark.slow
def test_the_first_plugin_with_lion_from_a_wheel(place: Place) -> None:
    """Every command of that page, in an empty folder, with an empty HOME and no checkout."""
    place.empty("fox", "bat", "shelf")
    environ = place.install_wheel()
    printed = ""
    for block in blocks_of("docs/plugins.md"):
        if (block.language, block.mark) == SLOW:
            printed += shell(block.text, place.folder, environ)
        elif block.language in ("wit", "rust"):
            (place.folder / block.mark).write_text(block.text, "utf-8")
    assert printed.count('"Good morning, Ann!"') == 3
    assert '"ring-ding ring-ding"' in printed
    assert "What the fox says, so many times." in printed
    assert printed.count("3 passed") == 3
