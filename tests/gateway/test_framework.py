"""An agent of a real framework from PyPI, in a process of its own: models and tools through lion
alone, decided, recorded, replayed.
"""

import importlib.util
import shutil
import sys
from pathlib import Path

import pytest

from lion.domain.events import CallFinished, CallRequested
from lion.wall import landlock, seccomp
from tests.cli.kit import ROOT, Lion
from tests.gateway.kit import recorded
from tests.wasm.kit import BUILT

EXAMPLE = ROOT / "examples" / "outside-agent"
SAID = "(calls calculator_add)\n(calls notebook_write)\nI have added 17 and 25, and written down"
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        importlib.util.find_spec("agents") is None, reason="openai-agents is not installed"
    ),
]


@pytest.fixture
def lion(tmp_path: Path) -> Lion:
    found = Lion(tmp_path)
    shutil.copytree(EXAMPLE, tmp_path / "examples" / "outside-agent")
    (tmp_path / "plugins-wasm").symlink_to(BUILT)
    found.folder = tmp_path / "examples" / "outside-agent"
    return found


def test_it_works_with_lions_models_and_tools_alone(lion: Lion) -> None:
    can_wall = landlock.version() >= 6 and seccomp.is_known()
    words = ["--harden"] if can_wall else []
    done = lion.process("gateway", "manifest.toml", *words, "--", sys.executable, "agent.py")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(SAID), done.stdout
    asked = [
        one.event().target
        for one in recorded(lion.state.parent)
        if isinstance(one.event(), CallRequested) and one.principal == "ann"
    ]
    called = {
        one.event().target
        for one in recorded(lion.state.parent)
        if isinstance(one.event(), CallFinished) and one.event().capability == "tools"
    }
    assert asked.count("fast") == 3
    assert {"calculator.add", "notebook.write"} <= called | set(asked)
    assert "identical" in lion("replay", "last").stdout
    assert "fast" in lion("audit", "last").stdout


def test_what_it_was_not_granted_it_does_not_get(lion: Lion) -> None:
    path = lion.folder / "manifest.toml"
    path.write_text(path.read_text().replace('"calculator.add", ', ""))
    done = lion.process("gateway", "manifest.toml", "--", sys.executable, "agent.py")
    assert done.returncode == 0, done.stderr
    assert "I have no tools" in done.stdout and "calculator" not in done.stdout
