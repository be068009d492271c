"""The research desk in a service: what differs from the one that runs, and that `make serve` works
as it says.
"""

import difflib
import http.client
import os
import signal
import subprocess
import sys
import time
import urllib.parse

import pytest

from tests.cli.kit import ROOT, SECONDS, Lion

DESK = ROOT / "examples" / "research-desk"


def test_the_served_desk_is_the_desk_but_for_a_page_that_is_asked_about() -> None:
    own, served = (
        (DESK / name).read_text().splitlines() for name in ("manifest.toml", "served.toml")
    )
    changes = [line for line in difflib.ndiff(own, served) if line[:2] in ("+ ", "- ")]
    lines = {line for line in changes if line[2:3] not in ("#", "") and "[[run]]" not in line}
    lines = {line for line in lines if not line.startswith(("- agent =", "- task ="))}
    assert lines == {
        "+ [service]",
        "+ slots = 4",
        '- allow.http = ["GET ${web}/park/**"]',
        '+ allow.http = ["GET ${web}/park/**", "GET ${web}/staff/**"]',
        '+ ask = ["http GET **/staff/**"]',
    }


@pytest.mark.slow
def test_three_agents_begin_when_somebody_looks_and_one_waits_for_him(lion: Lion) -> None:
    words = [sys.executable, str(DESK / "serve.py"), "--state", str(lion.state), "--port", "0"]
    process = subprocess.Popen(
        words, cwd=lion.folder, env=lion.environ, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        url = next(line.split()[1] for line in process.stdout if line.startswith("page"))
        assert lion("task", "list").stdout == ""
        page = Page(url)
        page.follow()
        with page.answer:
            until = time.monotonic() + SECONDS
            waiting = ""
            while not waiting:
                assert time.monotonic() < until
                waiting = lion("approvals").stdout
            assert "GET http://127.0.0.1:" in waiting
            assert "/staff/diary.html" in waiting
            assert lion("approve", waiting.split()[1]).returncode == 0
            ends: list[str] = []
            while len(ends) < 3:
                line = page.answer.readline().decode()
                if line.startswith("event: TaskEnded"):
                    ends.append(page.answer.readline().decode())
            assert all('"state":"completed"' in one for one in ends)
    finally:
        os.kill(process.pid, signal.SIGINT)
        process.communicate(timeout=SECONDS)
    assert process.returncode in (0, 130)


class Page:
    """A browser that signs in and follows."""

    def __init__(self, url: str) -> None:
        parts = urllib.parse.urlsplit(url)
        self._where = parts.hostname or "", parts.port
        answer = self._get(f"{parts.path}?{parts.query}", {})
        answer.read()
        self._cookie = (answer.getheader("set-cookie") or "").partition(";")[0]

    def follow(self) -> None:
        self.answer = self._get("/events", {"cookie": self._cookie})

    def _get(self, target: str, headers: dict[str, str]) -> http.client.HTTPResponse:
        connection = http.client.HTTPConnection(*self._where, timeout=SECONDS)
        connection.request("GET", target, headers=headers)
        return connection.getresponse()
