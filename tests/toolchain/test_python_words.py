"""Look here if you want to know what is said when componentize-py makes no component of a guest:
the author's mistake, and none of its panic.
"""

from pathlib import Path

import pytest

from lion.toolchain.project import Project
from lion.toolchain.python.words import failed

BACKTRACE = "\n\nStack backtrace:\n   0: <anyhow::Error>::msg\n  29: _start\n"
RAISED = """Traceback (most recent call last):
  File "/venv/bin/componentize-py", line 8, in <module>
    sys.exit(script())
AssertionError: {kind}: {words}

Caused by:
    Traceback (most recent call last):
      File "/tmp/lion-python-x/lion_component.py", line 1, in <module>
      File "/home/ann/fox/src/app.py", line 3, in <module>
    {kind}: {words}
"""


@pytest.fixture
def fox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "fox" / "src").mkdir(parents=True)
    (tmp_path / "fox" / "src" / "app.py").touch()
    return Project(
        folder=tmp_path / "fox", name="fox", world="fox", language="sandboxed-python",
        wit=tmp_path / "fox" / "wit", deps=(), component=tmp_path / "fox" / "fox.wasm",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("said", "what"),
    [
        (
            RAISED.format(kind="NameError", words="name 'x' is not defined"),
            "fox does not start: fox/src/app.py:3: NameError: name 'x' is not defined",
        ),
        (
            RAISED.format(kind="ImportError", words="lion_guest.http needs lion:host/http"),
            "fox does not start: fox/src/app.py:3: lion_guest.http needs lion:host/http",
        ),
        (
            "AssertionError: expected `;`\n     --> wit/world.wit:7:5\n      |\n",
            "fox/wit/world.wit:7: ",
        ),
        ("", "fox was not built: componentize-py said nothing"),
        ("thread panicked at src/lib.rs\n", "fox was not built: thread panicked at src/lib.rs"),
    ],
)
def test_the_mistake_is_told(said: str, what: str, fox: Project) -> None:
    error = failed(fox, said + BACKTRACE)
    assert error.what.startswith(what)
    assert error.hint
    assert "anyhow" not in error.what + str(error.facts)
    assert "\n" not in error.what
