"""Look here if you want to know how tests open the live page of a real service in a real browser:
the research desk, with its small web and its scripted model, served by a process of its own.
"""

import functools
import http.server
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import which
from tempfile import TemporaryDirectory
from typing import Any, Final

from lion.service.client import Client

ROOT: Final = Path(__file__).parents[2]
EXAMPLE: Final = ROOT / "examples" / "research-desk"
BROWSER: Final = which("chromium") or which("chromium-browser") or which("google-chrome")
FLAGS: Final = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip
TASKS: Final = {
    "ann": "What do lions eat and drink?", "bob": "How do lions hunt?",
    "carla": "Judge this note.",
}  # fmt: skip
OVER: Final = ("completed", "failed", "skipped", "cancelled", "aborted")
_ASKED: Final = (
    'allow.http = ["GET ${web}/park/**"]',
    'allow.http = ["GET ${web}/park/**", "GET ${web}/staff/**"]\nask = ["http GET **/staff/**"]',
)
PATIENCE: Final = 60_000
"""Milliseconds that something on a page may take on a machine that has much else to do."""


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Serves the small web, and tells nobody."""

    def log_message(self, format: str, *args: Any) -> None:
        pass


class Desk:
    """A service of the research desk, and a browser that is signed in to it."""

    def __init__(self, folder: Path, web: str, chromium: Any, *, asks: bool) -> None:
        self._folder = folder
        self._web = web
        self._chromium = chromium
        self._process: subprocess.Popen[str] | None = None
        self._port = 0
        self.faults: list[str] = []
        """What the browser complained of."""
        (folder / "desk-notes").mkdir()
        self.manifest = folder / "manifest.toml"
        text = (EXAMPLE / "manifest.toml").read_text("utf-8")
        text = text.replace("../../plugins-wasm", str(ROOT / "plugins-wasm"))
        text = text.replace('"answers.toml"', f'"{EXAMPLE / "answers.toml"}"')
        self.manifest.write_text(text.replace(*_ASKED) if asks else text, "utf-8")
        self.state = folder / "state"
        self.client = Client(self.state)
        self._cookies: list[Any] = []

    def start(self) -> None:
        """Serve, at the same port as before if there was one."""
        process = subprocess.Popen(
            [
                sys.executable, "-m", "lion", "serve", str(self.manifest), "--port",
                str(self._port), "--state", str(self._folder / "state"), "--set",
                f"web={self._web}",
            ],
            stdout=subprocess.PIPE, text=True, cwd=ROOT, env=self._environment(),
        )  # fmt: skip
        assert process.stdout is not None
        said = ""
        while not said.startswith("page"):
            said = process.stdout.readline()
            assert said, "it ended before it was ready"
        self._process = process
        once = said.split()[1]
        self.origin = once.partition("/sign-in")[0]
        self._port = int(self.origin.rpartition(":")[2])
        if not self._cookies:
            context = self._chromium.new_context()
            context.new_page().goto(once)
            self._cookies = context.cookies()
            context.close()

    def stop(self) -> None:
        """End it in order, whatever still works."""
        if self._process is None:
            return
        for _ in range(2):  # the second does not wait for what works
            self._process.send_signal(signal.SIGTERM)
        self._process.wait(60)
        assert self._process.stdout is not None
        self._process.stdout.close()
        self._process = None

    def open(self, path: str, width: int = 1440, height: int = 900, scheme: str = "light") -> Any:
        """A page, whose complaints are kept."""
        context = self._chromium.new_context(
            viewport={"width": width, "height": height}, color_scheme=scheme
        )
        context.add_cookies(self._cookies)
        context.set_default_timeout(PATIENCE)
        page = context.new_page()
        page.on("console", lambda said: self.faults.append(f"{path}: {said.text}"))
        page.on("pageerror", lambda error: self.faults.append(f"{path}: {error}"))
        page.on("dialog", lambda dialog: self.faults.append(f"dialog {dialog.message}"))
        page.goto(f"{self.origin}{path}")
        return page

    def blank(self) -> Any:
        """An empty page, which may do what it likes."""
        return self._chromium.new_page()

    def spawn(self, *agents: str, prompt: str = "") -> list[str]:
        """Give agents their tasks; the tasks' ids."""
        return [
            self.client.ask("POST", "api", "agents",
                            body={"agent": one, "prompt": prompt or TASKS[one]})["agent_id"]
            for one in agents
        ]  # fmt: skip

    def wait(self, id: str) -> dict[str, Any]:
        """A task, when it is over."""
        found: dict[str, Any] = {}
        for line in self.client.lines("api", "tasks", id, "events"):
            found = line.get("task", found)
        assert found["state"] in OVER, found
        return found

    def _environment(self) -> dict[str, str]:
        kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        cache = os.environ.get("LION_TEST_CACHE", str(self._folder / "cache"))
        return {**kept, "LION_CACHE": cache}


@contextmanager
def open_desk(*, asks: bool = False) -> Iterator[Desk]:
    """A desk that serves; with `asks` a person is asked for the keepers' diary."""
    from playwright.sync_api import sync_playwright

    handler = functools.partial(Quiet, directory=str(EXAMPLE / "web"))
    with (
        TemporaryDirectory() as folder,
        http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as web,
        sync_playwright() as started,
    ):
        thread = threading.Thread(target=web.serve_forever)
        thread.start()
        chromium = started.chromium.launch(executable_path=BROWSER, args=list(FLAGS))
        desk = Desk(Path(folder), f"http://127.0.0.1:{web.server_port}", chromium, asks=asks)
        try:
            desk.start()
            yield desk
        finally:
            desk.stop()
            chromium.close()
            web.shutdown()
            thread.join()
