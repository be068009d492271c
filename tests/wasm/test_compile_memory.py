"""What compiling may take is the operator's to say: more for what he trusts, or less."""

from pathlib import Path

import pytest

from lion.errors import OperatorError
from lion.opening import open_fitted
from lion.settings import Settings, settings_from
from lion.wasm.compile_ends import MIB, Costs
from tests.wasm.test_compile import bomb


async def test_what_the_variable_says_is_in_force(tmp_path: Path) -> None:
    said = {"HOME": str(tmp_path), "LION_COMPILE_MEMORY": "250 MiB"}
    settings = settings_from(said)
    assert settings.compile_memory == 250 * MIB
    path = tmp_path / "bomb.wasm"
    path.write_bytes(bomb())
    async with open_fitted(settings) as host:
        with pytest.raises(OperatorError, match="takes more than 250 MiB of memory") as caught:
            await host.inspect(path.read_bytes(), str(path))
    assert "LION_COMPILE_MEMORY" in caught.value.hint


def test_whatever_the_size_it_is_what_was_said() -> None:
    costs = Costs.allowing(2048 * MIB)
    assert costs is not None
    assert {costs.memory_for(size) for size in (0, 3 * MIB, 64 * MIB)} == {2048 * MIB}
    assert Costs.allowing(Settings(state=Path("/s"), cache=Path("/c")).compile_memory) is None


@pytest.mark.parametrize("said", ["much", "-1 GiB", "0.5.5 GiB"])
def test_what_is_no_size_is_refused(said: str) -> None:
    with pytest.raises(OperatorError, match="LION_COMPILE_MEMORY is "):
        settings_from({"HOME": "/h", "LION_COMPILE_MEMORY": said})
