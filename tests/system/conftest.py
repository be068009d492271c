"""Look here if you want to know which fixtures the tests of system plugins share."""

from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from lion import threads
from lion.kernel import listeners
from tests.system.kit import acme, install


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Listeners get all the time that a busy machine takes, unless a test says otherwise."""
    monkeypatch.setattr(listeners, "GRACE", 60.0)


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The tests' package, installed where this process finds it."""
    folder = install(tmp_path / "site", acme())
    monkeypatch.syspath_prepend(str(folder))
    return folder


@pytest.fixture
def shelf(site: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """Its module, fresh; what blocks in it is let go in the end."""
    import importlib
    import sys

    monkeypatch.delitem(sys.modules, "acme_shelf", raising=False)
    monkeypatch.setattr(threads, "GRACE", 0.01)
    module = importlib.import_module("acme_shelf")
    yield module
    module.GATE.set()
    sys.modules.pop("acme_shelf", None)


@pytest.fixture
def books(site: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """The module of the tests' interface, fresh; what blocks in it is let go in the end."""
    import importlib
    import sys

    monkeypatch.delitem(sys.modules, "acme_books", raising=False)
    monkeypatch.setattr(threads, "GRACE", 0.01)
    module = importlib.import_module("acme_books")
    yield module
    module.GATE.set()
    sys.modules.pop("acme_books", None)
