"""Types nobody thought of cross AssemblyScript unchanged: random worlds, both directions at
once.
"""

from pathlib import Path
from typing import Any

import pytest

from tests.series import times
from tests.toolchain.randoms import Values
from tests.toolchain.worlds import build_world
from tests.wasm.kit import open_bench

FUNCTIONS, VALUES = 60, 60


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(times(25, sample=5)))
async def test_values_of_random_types_come_back(tmp_path: Path, seed: int) -> None:
    async def glass(name: str, args: list[Any]) -> Any:
        return args[0]

    values = Values(seed)
    async with open_bench(build_world(tmp_path, seed, FUNCTIONS)) as bench:
        assert len(bench.exports) == FUNCTIONS
        for name, export in bench.exports.items():
            for _ in range(VALUES):
                value = values.of(export.type.params[0][1])
                assert repr(await bench.call(name, value, answer=glass)) == repr(value), name
