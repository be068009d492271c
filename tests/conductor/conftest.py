"""Look here if you want to know where the workflows of these tests have state and cache."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

import lion
from tests.wasm.kit import cache_directory


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """State in the test's folder, and no policy of the machine's."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("LION_CACHE", str(cache_directory()))
    for name in ("XDG_CONFIG_HOME", "XDG_STATE_HOME", "LION_STATE", "LION_POLICY"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


@pytest.fixture
async def host() -> AsyncIterator[lion.Host]:
    """As a program on trio opens it."""
    async with lion.open_host() as opened:
        yield opened


@pytest.fixture
def blocking() -> Iterator[lion.blocking.BlockingHost]:
    """As a program without a loop opens it."""
    with lion.blocking.open_host() as opened:
        yield opened
