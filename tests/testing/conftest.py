"""Look here if you want to know where the kit's own tests keep compiled components."""

from collections.abc import Iterator

import pytest

from lion.testing.stage import compile_cache
from tests.wasm.kit import cache_directory


@pytest.fixture(autouse=True, scope="session")
def _cache() -> Iterator[None]:
    """Not in the home of whoever runs the tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LION_CACHE", str(cache_directory()))
        compile_cache.cache_clear()
        yield
    compile_cache.cache_clear()
