"""Look here if you want to know which fixtures the command line's tests share."""

from pathlib import Path

import pytest

from tests.cli.kit import Lion


@pytest.fixture
def lion(tmp_path: Path) -> Lion:
    """lion in a folder of this test's own; compiled components are shared by all of them."""
    folder = tmp_path / "home"
    folder.mkdir()
    return Lion(folder)


@pytest.fixture(autouse=True, scope="session")
def _shared_cache(tmp_path_factory: pytest.TempPathFactory) -> "object":
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LION_TEST_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield
