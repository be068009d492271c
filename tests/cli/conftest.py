"""Look here if you want to know which fixtures the command line's tests share."""

import shutil
from pathlib import Path

import pytest

from tests.cli.kit import ROOT, Lion


@pytest.fixture
def lion(tmp_path: Path) -> Lion:
    """lion in a folder of this test's own; compiled components are shared by all of them."""
    folder = tmp_path / "home"
    folder.mkdir()
    return Lion(folder)


@pytest.fixture
def stocked(lion: Lion) -> Lion:
    """lion in a folder that has what the documents name."""
    for name in ("examples", "plugins-wasm"):
        shutil.copytree(ROOT / name, lion.folder / name)
    return lion


@pytest.fixture(scope="session")
def toured(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A state directory with one run, of the tour."""
    lion = Lion(tmp_path_factory.mktemp("toured"))
    assert lion("run", ROOT / "examples" / "tour" / "manifest.toml").returncode == 0
    return lion.state


@pytest.fixture
def recorded(lion: Lion, toured: Path) -> Lion:
    """lion in a folder of this test's own, where the tour has run already."""
    shutil.copytree(toured, lion.state)
    return lion
