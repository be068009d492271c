"""Look here if you want to know what endurance tests share: a compile cache, a way to speak."""

from collections.abc import Callable
from pathlib import Path

import pytest

from lion.settings import Settings


@pytest.fixture(scope="session")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A compile cache for the whole session: what is tested here is not compiling."""
    return tmp_path_factory.mktemp("compiled")


@pytest.fixture
def settings(tmp_path: Path, compiled: Path) -> Settings:
    """A state directory of the test's own."""
    return Settings(state=tmp_path / "state", cache=compiled)


@pytest.fixture
def say(capsys: pytest.CaptureFixture[str]) -> Callable[[str], None]:
    """Print a measured figure, whether the test passes or fails."""

    def speak(text: str) -> None:
        with capsys.disabled():
            print(f"\n    {text}", flush=True)

    return speak
