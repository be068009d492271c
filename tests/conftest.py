"""Look here if you want to know what holds for all tests, and which fixture several rooms share.

Rule: a component is compiled once for all tests and all their processes; whatever else a test
leaves behind is its own, so that they may run in any order and side by side.
"""

import os
import shutil
import signal
import tempfile

import pytest

from tests.examples import register_profiles
from tests.toolchain.place import Place

register_profiles()


CACHE = "LION_TEST_CACHE"
"""The variable that says where compiled components are. Set before, it is used and left there."""


def pytest_configure(config: pytest.Config) -> None:
    """Make the cache, before there are workers, which inherit the variable; and heed Ctrl-C also
    where somebody began the tests deaf to it (`pytest &`): what they begin inherits that.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:  # and a terminal's end (`nohup`)
        signal.signal(signal.SIGHUP, signal.SIG_DFL)
    if CACHE not in os.environ:
        os.environ[CACHE] = tempfile.mkdtemp(prefix="lion-test-cache-")
        config.add_cleanup(_remove_cache)


def _remove_cache() -> None:
    shutil.rmtree(os.environ.pop(CACHE), ignore_errors=True)


@pytest.fixture(scope="session")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """Where slow tests build plugins: always the same place, so that what they have in common is
    compiled once.
    """
    return Place(tmp_path_factory.mktemp("place"))
