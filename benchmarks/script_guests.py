"""Look here if you want to know what guests in Python and JavaScript cost that bring their
interpreter along: compiled, taken from the cache, and for each instance.

They are what `lion new` makes in these languages, built once for a run of the bench, by
componentize-py and by npm's componentize-js; where one of these is not to be had, its contest is
left out with words.
"""

import atexit
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import cache, partial
from pathlib import Path
from typing import Any, Final

import tomli_w
import trio

from benchmarks.lion_host import BUILT, open_whole
from benchmarks.measure import Contest, Work, cpu_ns
from lion.manifest.parse import parse_manifest

ROOT: Final = Path(__file__).parents[1]
LANGUAGES: Final[Mapping[str, list[str]]] = {
    "Python": ["--lang", "python", "--sandboxed"],
    "JavaScript": ["--lang", "javascript"],
}
"""How `lion new` is told of each."""
_SECONDS: Final = 900


@cache
def _build(language: str) -> tuple[Path, str]:
    """Where the component is, and why there is none."""
    folder = Path(tempfile.mkdtemp(prefix="lion-bench-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    for words in (["new", "guest", *LANGUAGES[language]], ["build", "guest"]):
        done = subprocess.run(
            [sys.executable, "-m", "lion", *words], cwd=folder, capture_output=True, text=True,
            timeout=_SECONDS, check=False, env=_environment(folder),
        )  # fmt: skip
        if done.returncode:
            return folder, done.stderr.strip().partition("\n")[0]
    return folder / "guest" / "guest.wasm", ""


def _environment(folder: Path) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT), "LION_STATE": str(folder / "state")}


def component(language: str) -> Path:
    """The guest, once `lacks` says that nothing is lacking."""
    return _build(language)[0]


def lacks(language: str) -> str:
    """Why there is no such guest on this machine; empty if there is one."""
    return _build(language)[1]


def _plan(wasm: Path, count: int) -> Any:
    limits = {"memory": "256 MiB", "cpu": "10 min", "deadline": "10 min"}
    holder = {"component": str(wasm), "limits": limits}
    call = {"call": "guest.greet", "with": {"name": "world"}}
    tables = {"name": "bench", "plugins": {"guest": holder}, "run": [call] * count}
    return parse_manifest(tomli_w.dumps(tables), path=None)


def _opens(language: str) -> Callable[[], AbstractAsyncContextManager[dict[str, Work]]]:
    @asynccontextmanager
    async def open_() -> AsyncIterator[dict[str, Work]]:
        async with open_whole() as lion:

            async def work(wasm: Path, count: int) -> None:
                report = await lion.host.run(_plan(wasm, count))
                assert all(ending.ok for ending in report.endings), report.endings

            rust = BUILT / "hello.wasm"
            yield {"lion": partial(work, component(language)), "Rust": partial(work, rust)}

    return open_


async def _starts(language: str) -> dict[str, float]:
    taken = {}
    with tempfile.TemporaryDirectory() as cache_:
        for word in ("compiled", "from the cache"):
            began = cpu_ns()
            async with open_whole(Path(cache_)) as lion:
                report = await lion.host.run(_plan(component(language), 1))
                assert report.endings[0].ok, report.endings
            taken[f"{language}, {word}"] = (cpu_ns() - began) / 1e6
    return taken


def measure_starts(names: set[str]) -> dict[str, float]:
    """Milliseconds of CPU until a first call is answered, host and log opened and closed: of the
    languages whose contests are named, with nothing in the cache and with all of it.
    """
    found: dict[str, float] = {}
    for language in LANGUAGES:
        if f"{language.lower()}_guest" in names:
            found |= trio.run(_starts, language)
    return found


CONTESTS: Final = tuple(
    Contest(
        name=f"{language.lower()}_guest",
        title=f"a fresh instance of a guest in {language}, and a call of it",
        count=50,
        open=_opens(language),
        note="policed and recorded; beside it the same in Rust",
        lacks=partial(lacks, language),
    )
    for language in LANGUAGES
)
