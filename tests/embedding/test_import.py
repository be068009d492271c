"""Look here if you want to know whether `import lion` is light, and has the names that it says."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

import lion

STUB = Path(lion.__file__).with_suffix(".pyi")


def imported_by(code: str) -> set[str]:
    """The modules that a fresh Python has after this."""
    environ = {**os.environ, "PYTHONPATH": str(Path(lion.__file__).parents[1])}
    text = f"{code}\nimport sys; print(*sys.modules)"
    words = [sys.executable, "-c", text]
    ran = subprocess.run(words, env=environ, capture_output=True, text=True, check=True)
    return set(ran.stdout.split())


def test_it_has_the_names_of_its_stub() -> None:
    tree = ast.parse(STUB.read_text("utf-8"))
    typed = {
        alias.asname or alias.name
        for node in tree.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert typed == {name for name in dir(lion) if name in lion._PLACES or name in lion._MODULES}
    for name in typed:
        assert getattr(lion, name) is not None
    from lion.errors import GuestError as Same

    assert lion.GuestError is Same


def test_a_name_that_it_has_not_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'lion' has no attribute 'nothing'"):
        lion.nothing  # type: ignore[attr-defined]  # noqa: B018


def test_the_import_brings_nothing_with_it() -> None:
    assert {name for name in imported_by("import lion") if name.startswith("lion")} == {
        "lion",
        "lion.version",
    }


def test_a_host_needs_neither_the_command_line_nor_pydantic_nor_the_http_client() -> None:
    found = imported_by("import lion; lion.open_host; lion.blocking; lion.events")
    assert "lion.host" in found
    strange = {"click", "rich", "structlog", "pydantic", "httpcore2", "asyncio"}
    assert not {name.partition(".")[0] for name in found} & strange
    assert not {name for name in found if name.startswith(("lion.cli", "lion.system.contract"))}
