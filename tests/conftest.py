"""Look here if you want to know what holds for all tests, and which fixture several rooms share.

Rule: no test fails because a machine is slow: hypothesis neither times examples nor judges how
fast they are made.
"""

import pytest
from hypothesis import HealthCheck, settings

from tests.toolchain.place import Place

settings.register_profile("lion", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("lion")


@pytest.fixture(scope="session")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """Where slow tests build plugins: always the same place, so that what they have in common is
    compiled once.
    """
    return Place(tmp_path_factory.mktemp("place"))
