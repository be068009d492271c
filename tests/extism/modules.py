"""Look here if you want to know where the tests have Extism plug-ins from that nobody here wrote.

`modules.tar.xz` holds 20 of the 27 modules of Extism's go-sdk 1.7.1 (github.com/extism/go-sdk,
BSD-3, LICENSE-go-sdk), as they are there. All 27 come through Go's own module proxy, for the slow
tests: `go mod download`.
"""

import json
import lzma
import shutil
import subprocess
import tarfile
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, Final

ARCHIVE: Final = Path(__file__).with_name("modules.tar.xz")
MODULE: Final = "github.com/extism/go-sdk@v1.7.1"


@cache
def committed() -> Path:
    """A folder with the committed ones."""
    folder = Path(mkdtemp(prefix="lion-extism-"))
    with lzma.open(ARCHIVE) as file, tarfile.open(fileobj=file) as archive:
        # Debian 12's Python (3.11.2) has no filters yet; the archive is ours.
        filtered: Any = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}
        archive.extractall(folder, **filtered)
    return folder


@cache
def downloaded() -> Path | None:
    """A folder with all of them, None where there is no Go, or no way to its proxy."""
    go = shutil.which("go") or shutil.which("/usr/local/go/bin/go")
    if go is None:
        return None
    done = subprocess.run(
        [go, "mod", "download", "-json", MODULE], cwd="/", capture_output=True, text=True
    )
    if done.returncode:
        return None
    return Path(json.loads(done.stdout)["Dir"]) / "wasm"
