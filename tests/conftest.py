"""Look here if you want to know which fixture tests in several rooms share."""

import pytest

from tests.toolchain.place import Place


@pytest.fixture(scope="session")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """Where slow tests build plugins: always the same place, so that what they have in common is
    compiled once.
    """
    return Place(tmp_path_factory.mktemp("place"))
