"""Look here if you want to know how the programs of these tests are built again:

rustup target add wasm32-wasip2
python -m tests.wasi.rebuild

Those for preview 1 (tool1, c1, old1) are built by hand: `cargo build --target wasm32-wasip1`, and
`clang --target=wasm32-wasi -Oz -s src/c/tool.c` with the C library of 2025 (PyPI's ziglang 0.17.1:
`zig cc`) and of 2022 (Debian 12's wasi-libc).
"""

import shutil
import subprocess
from pathlib import Path

PROGRAMS = Path(__file__).parent / "programs"
RELEASE = PROGRAMS / "target" / "wasm32-wasip2" / "release"
EXAMPLE = Path(__file__).parents[2] / "examples" / "wasi" / "report.wasm"
NAMES = ("tool", "every", "web", "proxy")


def main() -> None:
    """Build all, and put each beside its source."""
    command = ["cargo", "build", "--release", "--locked", "--target", "wasm32-wasip2"]
    subprocess.run(command, cwd=PROGRAMS, check=True)
    shutil.copyfile(RELEASE / "report.wasm", EXAMPLE)
    for name in NAMES:
        shutil.copyfile(RELEASE / f"{name}.wasm", PROGRAMS / f"{name}.wasm")


if __name__ == "__main__":
    main()
