"""SIGKILL at random moments of the research desk, while files are replaced: the log verifies, and
no file is half written.
"""

import functools
import http.server
import random
import shutil
import signal
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from lion.scopes.fs_path import RESERVED
from lion.settings import Settings
from tests.endurance.kit import BUILT, ROOT, call, plugin
from tests.endurance.process import Shell
from tests.endurance.test_kills import check_cut
from tests.series import times

DESK = ROOT / "examples" / "research-desk"
SEED = 4
TIMES = times(50, sample=8)
WITHIN = 3.0
"""Seconds after the first words; by itself the desk takes about as long."""
SIZE = 20_000
ROUNDS = 500
BYTES = (b"\x01" * SIZE, b"\xff" * SIZE)


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture
def web() -> Iterator[str]:
    """The desk's pages."""
    handler = functools.partial(Quiet, directory=str(DESK / "web"))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    """The desk's manifest beside notes of its own, with two who replace one file all the time."""
    folder = tmp_path / "desk"
    folder.mkdir()
    shutil.copy(DESK / "answers.toml", folder)
    busy = plugin(
        "bench", 'allow.fs = [{ path = "/bench", at = "busy-notes", write = true }]',
        'limits = { deadline = "1 min", cpu = "1 min", log = "2 GiB" }',
    )  # fmt: skip
    writes = [
        call("bench.fs-write-n", f"{{ n = {ROUNDS}, size = {SIZE}, byte = {text[0]} }}")
        for text in BYTES
    ]
    text = (DESK / "manifest.toml").read_text().replace("../../plugins-wasm", str(BUILT))
    path = folder / "manifest.toml"
    path.write_text("\n".join([text, busy, *writes]))
    return path


def check_files(folder: Path, notes: dict[str, set[str]]) -> Counter[str]:
    """What is there is whole: what the host was writing has a name no guest can see."""
    found: Counter[str] = Counter()
    for path in sorted(folder.glob("*-notes/*")):
        if path.name.startswith(RESERVED):
            found["unfinished, for the next run to remove"] += 1
        elif path.parent.name == "busy-notes":
            assert (path.name, path.read_bytes() in BYTES) == ("file", True)
            found["replaced"] += 1
        else:
            assert path.read_text() in notes[path.name], path
            found["notes"] += 1
    return found


def whole_notes(folder: Path) -> dict[str, set[str]]:
    """What each note says once it is written."""
    return {path.name: {path.read_text()} for path in (folder / "desk-notes").iterdir()}


def remove_notes(folder: Path) -> None:
    for name in ("desk-notes", "busy-notes"):
        shutil.rmtree(folder / name, ignore_errors=True)


@pytest.mark.slow
def test_the_desk_killed_many_times(
    settings: Settings, desk: Path, web: str, say: Callable[[str], None]
) -> None:
    settings.state.parent.mkdir(exist_ok=True)
    shell = Shell(settings, random.Random(SEED))
    words = (str(desk), "--set", f"web={web}")
    done = shell.do("run", *words)
    assert done.code == 0, done.err
    notes = whole_notes(desk.parent)
    assert set(notes) == {"food.md", "hunting.md"}
    reached: Counter[str] = Counter()
    left: Counter[str] = Counter()
    for _ in range(TIMES):
        remove_notes(desk.parent)
        before = len(shell.runs())
        ended = shell.signal_run(signal.SIGKILL, *words, within=WITHIN)
        reached[check_cut(shell, ended, before)] += 1
        left.update(check_files(desk.parent, notes))
    say(f"seed {SEED}: the desk killed {TIMES} times: {dict(reached)}; files {dict(left)}")
    assert reached["cut"] >= TIMES * 3 // 4
    assert left["notes"] and left["replaced"] >= TIMES // 2
    assert shell.do("run", *words).code == 0
    assert set(check_files(desk.parent, notes)) == {"notes", "replaced"}
