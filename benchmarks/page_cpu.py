"""Look here if you want to know what the live page costs a processor, whatever else works on the
machine: each screen beside a long log, and each of some requests.

    python -m benchmarks.page_cpu [RECORDS]

Rule: CPU time of all threads of this process; the least of several times, after a first one.
"""

import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import trio

from benchmarks.long_log import _open, write_run
from benchmarks.page import SCREENS
from lion.domain.task import Principal, Role
from lion.manifest.parse import parse_manifest
from lion.page.console import Console
from lion.serving import ROUTES, open_living
from lion.settings import Settings
from lion.web.connection import Request
from lion.web.office import Office

ROOT = Path(__file__).parents[1]
ANN = Principal("user", "ann", Role.ADMINISTRATOR)
MANIFEST = (
    f'name = "bench"\n[plugins.calculator]\ncomponent = "{ROOT}/plugins-wasm/calculator.wasm"\n'
)
TIMES = 5


async def least(do: Callable[[], Awaitable[Any]]) -> float:
    """Milliseconds of CPU time."""
    await do()
    found = []
    for _ in range(TIMES):
        began = time.process_time()
        await do()
        found.append(time.process_time() - began)
    return min(found) * 1_000


async def measure(folder: Path, records: int) -> None:
    """Print all figures."""
    await _open(folder, write_run, records)
    settings = Settings(state=folder, cache=folder / "cache")
    async with open_living(settings, [parse_manifest(MANIFEST, path=None)]) as living:
        console = Console(living)
        for name in SCREENS:
            path = tuple(name.split("/"))
            took = await least(lambda p=path: console.page(p, {}, ANN))  # type: ignore[misc]
            print(f"{name:24}{took:8.2f} ms", flush=True)
        office = Office(living, ROUTES)
        call = b'{"tool": "add", "arguments": {"a": 1, "b": 2}}'
        for method, words, body in (
            ("GET", "ping", b""), ("GET", "api/runs", b""),
            ("POST", "api/plugins/calculator/invoke", call),
        ):  # fmt: skip
            request = Request(method=method, path=tuple(words.split("/")), body=body)
            endpoint = office.find(request, ANN)
            took = await least(lambda e=endpoint, r=request: office.handle(e, r, ANN))  # type: ignore[misc]
            print(f"{words:36}{took:8.2f} ms", flush=True)


def main() -> None:
    """Measure and print."""
    records = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    with tempfile.TemporaryDirectory() as folder:
        trio.run(measure, Path(folder), records)


if __name__ == "__main__":
    main()
