"""The committed AssemblyScript guests are what their source makes, byte for byte."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.wasm.kit import BUILT, ROOT

GUESTS = sorted(path.parents[1].name for path in ROOT.glob("plugins-src/*/assembly/index.ts"))


def test_there_are_guests_in_assemblyscript() -> None:
    assert {"echo-as", "hello-as", "mirror-as", "relay-as", "faults-as"} <= set(GUESTS)


@pytest.mark.slow
@pytest.mark.parametrize("name", GUESTS)
def test_a_guest_is_rebuilt_byte_for_byte(name: str, tmp_path: Path) -> None:
    out = tmp_path / f"{name}.wasm"
    command = [sys.executable, "-m", "lion", "build", "--force", "--out", str(out)]
    done = subprocess.run(
        [*command, f"plugins-src/{name}"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert out.read_bytes() == (BUILT / f"{name}.wasm").read_bytes()
