"""Look here if you want to know which fixtures the tests of system plugins share."""

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from lion import threads
from lion.kernel import listeners
from tests.cli.kit import ROOT, Lion
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
    """The module of the tests' tools, fresh."""
    yield from _fresh("acme_shelf", monkeypatch)


@pytest.fixture
def books(site: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """The module of the tests' interface, fresh."""
    yield from _fresh("acme_books", monkeypatch)


def _fresh(name: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """A module imported anew; what blocks in it is let go in the end."""
    monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.setattr(threads, "GRACE", 0.01)
    module = importlib.import_module(name)
    yield module
    module.GATE.set()
    sys.modules.pop(name, None)


@pytest.fixture
def lion(tmp_path: Path) -> Lion:
    """lion, with the tests' package installed."""
    folder = tmp_path / "home"
    folder.mkdir()
    found = Lion(folder)
    site = install(tmp_path / "site", acme())
    found.environ["PYTHONPATH"] = f"{ROOT}:{site}"
    return found
