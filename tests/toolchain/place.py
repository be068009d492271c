"""Look here if you want to know where tests that need compilers build, and with which lion."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
SECONDS = 2400
_OWN = ("HOME", "PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "CARGO_HOME", "CARGO_TARGET_DIR")


class Place:
    """A folder with a home of its own, and one target folder for cargo.

    What compiles is the same for all tests as long as they build at the same path, so each begins
    by emptying what it uses.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "work"
        self.home = folder / "home"
        for path in (self.folder, self.home):
            path.mkdir()
        said = {k: v for k, v in os.environ.items() if not k.startswith(("XDG_", "LION_"))}
        self.environ = {k: v for k, v in said.items() if k not in _OWN} | {
            "HOME": str(self.home),
            # rustup's compilers are the machine's; everything else is fetched into this home.
            "RUSTUP_HOME": os.environ.get("RUSTUP_HOME", str(Path.home() / ".rustup")),
            "CARGO_TARGET_DIR": str(folder / "target"),
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "LC_ALL": "C.UTF-8",
        }

    def empty(self, *names: str) -> None:
        """Remove folders that another test may have left."""
        for name in names:
            shutil.rmtree(self.folder / name, ignore_errors=True)

    def lion(self, *words: str | Path, **environ: str) -> subprocess.CompletedProcess[str]:
        """This checkout's lion."""
        return subprocess.run(
            [sys.executable, "-m", "lion", *map(str, words)],
            cwd=self.folder,
            env=self.environ | {"PYTHONPATH": str(ROOT)} | environ,
            capture_output=True,
            encoding="utf-8",
            timeout=SECONDS,
            check=False,
        )

    def pytest(self, folder: str) -> subprocess.CompletedProcess[str]:
        """A plugin's own tests, with this checkout's lion."""
        return subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"{folder}/tests"],
            cwd=self.folder,
            env=self.environ | {"PYTHONPATH": str(ROOT)},
            capture_output=True,
            encoding="utf-8",
            timeout=SECONDS,
            check=False,
        )

    def install_wheel(self) -> dict[str, str]:
        """Build a wheel of this checkout and install it beside nothing else; the environment in
        which `lion` and `python` are that installation's.
        """
        folder = self.folder.parent
        source = clone(folder / "source")
        pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]
        _run([*pip, "wheel", "--no-deps", "--wheel-dir", str(folder), str(source)], folder)
        shutil.rmtree(source)
        _run([sys.executable, "-m", "venv", str(folder / "venv")], folder)
        (wheel,) = folder.glob("*.whl")
        python = folder / "venv" / "bin" / "python"
        pip[0] = str(python)
        _run([*pip, "install", str(wheel), "pytest", "pytest-trio"], folder)
        return self.environ | {"PATH": f"{python.parent}:{os.environ['PATH']}"}


def _run(command: list[str], folder: Path) -> None:
    """Run a command in a folder that has no lion: pip takes one that it sees for installed."""
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=SECONDS, check=False
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"


def clone(folder: Path) -> Path:
    """A copy of what git knows, so that nothing of this checkout helps or is changed."""
    known = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    for name in filter(None, known.split("\0")):
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / name).is_symlink():
            target.symlink_to(os.readlink(ROOT / name))
        elif (ROOT / name).is_file():
            shutil.copy2(ROOT / name, target)
    return folder
