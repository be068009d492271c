"""Look here if you want to know where the agents of these tests have state and cache."""

from pathlib import Path

import pytest

import lion
from tests.conductor.conftest import host as host
from tests.conductor.conftest import own_home as own_home
from tests.programs.kit import Scene


@pytest.fixture
def scene(host: lion.Host, tmp_path: Path) -> Scene:
    """A folder for programs, and a host that runs them."""
    folder = tmp_path / "agents"
    folder.mkdir()
    return Scene(host, folder)
