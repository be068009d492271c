"""Look here if you want to know which fixtures tests of dry runs share."""

from pathlib import Path

import pytest

from tests.cli.kit import Lion


@pytest.fixture
def lion(tmp_path: Path) -> Lion:
    """lion in a folder of this test's own."""
    folder = tmp_path / "home"
    folder.mkdir()
    return Lion(folder)
