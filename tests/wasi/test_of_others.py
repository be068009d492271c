"""Programs that nobody here wrote, built by their own tool: the examples that come with
componentize-py (a command, and a server of wasi:http that fetches several pages at once by
asyncio), as they are, with what they need granted and not, replayed, and beside wasmtime.

`componentize-py.tar.xz` has them and their WIT from its source archive on PyPI, 0.25.1 (Apache-2.0
with LLVM exception, LICENSE-componentize-py).
"""

import hashlib
import lzma
import subprocess
import tarfile
from pathlib import Path
from typing import Any

import pytest

from lion.toolchain.python.sandboxed import find_builder
from tests.attack.kit import Arena, only, open_arena
from tests.capabilities.http.hostile_server import open_server
from tests.toolchain.test_sandboxed_python import LIMITS, pytestmark
from tests.wasi.kit import by_wasmtime, run, run_tables

__all__ = ["pytestmark"]
ARCHIVE = Path(__file__).with_name("componentize-py.tar.xz")
SECONDS = 900


@pytest.fixture(scope="module")
def examples(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with both, built as their pages say."""
    folder = tmp_path_factory.mktemp("others")
    with lzma.open(ARCHIVE) as file, tarfile.open(fileobj=file) as archive:
        # Debian 12's Python (3.11.2) has no filters yet; the archive is ours.
        filtered: Any = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}
        archive.extractall(folder, **filtered)
    found = folder / "componentize-py"
    for name, world in (("cli", "wasi:cli/command@0.2.0"), ("http", "wasi:http/proxy@0.2.0")):
        words = ["-d", "../wit", "-w", world, "componentize", "app", "-o", f"../{name}.wasm"]
        subprocess.run(
            [*find_builder(), *words], cwd=found / name, check=True, timeout=SECONDS,
            capture_output=True,
        )  # fmt: skip
    return found


async def test_a_command_says_what_it_says_elsewhere(examples: Path, tmp_path: Path) -> None:
    name = str(examples / "cli")
    said, ok = by_wasmtime(name, folder=tmp_path)
    assert (said, ok) == (b"Hello, world!\n", True)
    async with open_arena(tmp_path) as arena:
        report = await run(arena, name, limits=LIMITS)
        assert only(report).value == said.decode()
        assert (await arena.replay(report.run)).identical
        denied = await run(arena, name, limits=LIMITS, deny=["output"])
        assert not only(denied).ok
        assert denied.denied >= 1
        assert (await arena.replay(denied.run)).identical


async def _asked(
    arena: Arena, examples: Path, url: str, headers: str = "", body: str = "", **more: Any
) -> Any:
    method = "POST" if body else "GET"
    request = {"method": method, "url": url, "headers": headers, "body": body}
    holder = {"component": str(examples / "http.wasm"), "limits": LIMITS, **more}
    call = {"call": "x.handle", "with": {"request": request}}
    report = await run_tables(arena, {"name": "n", "plugins": {"x": holder}, "run": [call]})
    assert (await arena.replay(report.run)).identical
    return report


async def test_a_server_of_http_fetches_and_streams(examples: Path, tmp_path: Path) -> None:
    async with open_server() as server, open_arena(tmp_path) as arena:
        pages = [f"{server.url}/{name}" for name in ("ok", "close", "ok")]
        headers = "\n".join(f"url: {page}" for page in pages)
        digest = hashlib.sha256(b"hello").hexdigest()
        allow = {"http": [f"GET {server.url}/**"]}
        report = await _asked(arena, examples, "http://x/hash-all", headers, allow=allow)
        answer = only(report).value
        assert answer["status"] == 200
        said = sorted(answer["body"].splitlines())
        assert said == sorted(f"{page}: {digest}" for page in pages)
        assert len(server.seen) == 3

        denied = await _asked(arena, examples, "http://x/hash-all", headers)
        assert denied.denied >= 1
        assert len(server.seen) == 3
        assert digest not in str(only(denied).value)

        text = "’Twas brillig, and the slithy toves\n" * 3_000
        echoed = await _asked(arena, examples, "http://x/echo", "content-type: text/plain", text)
        given = only(echoed).value
        assert (given["status"], given["headers"]) == (200, "content-type: text/plain")
        assert given["body"] == text
        other = await _asked(arena, examples, "http://x/nothing")
        assert only(other).value["status"] == 400
