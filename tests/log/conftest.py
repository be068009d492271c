from pathlib import Path

import pytest

from tests.cli.kit import Lion
from tests.log.rig import OpenLog, open_memory, sqlite_opener


@pytest.fixture(params=["memory", "sqlite"])
def open_log(request: pytest.FixtureRequest, tmp_path: Path) -> OpenLog:
    """Opens one log, in memory or in SQLite: what holds for one holds for the other."""
    return open_memory if request.param == "memory" else sqlite_opener(tmp_path / "state")


@pytest.fixture
def lion(tmp_path: Path) -> Lion:
    """The command, in a folder of this test's own."""
    folder = tmp_path / "home"
    folder.mkdir()
    return Lion(folder)
