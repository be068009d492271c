"""A log that is closed while another thread reads it does not end the process."""

import subprocess
import sys
from pathlib import Path

from tests.cli.kit import ROOT
from tests.log.rig import RUN, draft, finished, sqlite_opener

SECONDS = 60


async def test_a_log_may_be_closed_while_a_thread_is_inside(tmp_path: Path) -> None:
    async with sqlite_opener(tmp_path)() as opened:
        await opened.log.start_run(RUN, "hello")
        opened.log.append(draft())
        opened.log.append(finished())
    words = [sys.executable, "-m", "tests.log.closing_process", str(tmp_path)]
    for _ in range(3):  # what is not guarded is mostly lucky
        done = subprocess.run(  # noqa: ASYNC221 - nothing else is to be done here
            words, cwd=ROOT, capture_output=True, text=True, timeout=SECONDS, check=False
        )
        closed = "Cannot operate on a closed database."
        assert (done.returncode, done.stdout) == (0, f"{[closed, closed]} ['reader']\n"), done
