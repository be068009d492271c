"""Look here if you want to know what tests of resumed runs share."""

import os
from pathlib import Path

import pytest

from lion.settings import Settings
from tests.conftest import CACHE
from tests.resume.rig import Stage


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    """A state directory of the test's own, beside the folder of its manifests."""
    home = tmp_path / "home"
    home.mkdir()
    return Stage(Settings(state=home / "state", cache=Path(os.environ[CACHE])))
