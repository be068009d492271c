"""Look here if you want to know how soon the live page shows something: its first paint beside a
long log, a token from its provider's socket to the browser's page, and requests a second.

    python benchmarks/page.py [--quick] [--json FILE]

Rule: service, provider and browser are processes of their own; times are of the wall, as somebody
waits for them, in Debian's Chromium.
"""

import argparse
import json
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

import trio

from benchmarks.long_log import _open, write_run
from benchmarks.service import percentile
from benchmarks.web import open_web
from lion.service.client import Client
from tests.page.desk import BROWSER, FLAGS

ROOT = Path(__file__).parents[1]
MANIFEST = f"""
name = "bench"
[plugins.calculator]
component = "{ROOT}/plugins-wasm/calculator.wasm"
[models.fast]
provider = "openai"
base-url = "{{url}}/v1"
model = "m"
[agents.ann]
component = "{ROOT}/plugins-wasm/researcher.wasm"
allow.llm = ["fast"]
limits = {{{{ deadline = "10 min", cpu = "10 min", log = "100 GiB" }}}}
[service]
slots = {{slots}}
"""
SCREENS = ("attention", "live", "runs", "rights", "plugins", "run/last")
GOALS = {"first paint p95, ms": 200.0}
_PAINT = """new Promise(done => new PerformanceObserver(list => {
  for (const one of list.getEntries())
    if (one.name === "first-contentful-paint") done(one.startTime)
}).observe({ type: "paint", buffered: true }))"""
_HEAR = """() => {
  window.late = []
  const seen = new WeakMap()
  const read = node => {
    const now = (performance.timeOrigin + performance.now()) * 1000
    const text = node.data, from = seen.get(node) ?? 0
    const end = text.lastIndexOf(" ") + 1
    for (const [, stamp] of text.slice(from, end).matchAll(/t(\\d{16}) /g))
      window.late.push((now - Number(stamp)) / 1000)
    seen.set(node, end)
  }
  new MutationObserver(changes => {
    for (const { target, addedNodes } of changes) {
      if (target.nodeType === 3) read(target)
      for (const node of addedNodes)
        for (const text of node.childNodes) if (text.nodeType === 3) read(text)
    }
  }).observe(document.querySelector(".columns"), {
    subtree: true, childList: true, characterData: true,
  })
}"""


@contextmanager
def served(folder: Path, url: str, slots: int) -> Iterator[tuple[Client, str]]:
    """A service that listens on loopback, and the address that signs a browser in."""
    manifest = folder / "manifest.toml"
    manifest.write_text(MANIFEST.format(url=url, slots=slots), "utf-8")
    words = [sys.executable, "-m", "lion", "serve", str(manifest), "--state", str(folder)]
    with subprocess.Popen(
        [*words, "--port", "0"], stdout=subprocess.PIPE, text=True, cwd=ROOT
    ) as process:
        assert process.stdout is not None
        said = ""
        while not said.startswith("page"):
            said = process.stdout.readline()
            assert said, "it ended before it was ready"
        try:
            yield Client(folder), said.split()[1]
        finally:
            for _ in range(2):  # the second does not wait for what works
                process.send_signal(signal.SIGTERM)
                time.sleep(0.2)


def paints(chromium: Any, once: str, times: int) -> dict[str, float]:
    """Milliseconds until a screen first shows something, after the first time of each."""
    page = chromium.new_context(viewport={"width": 1440, "height": 900}).new_page()
    page.goto(once)
    origin = once.partition("/sign-in")[0]
    found: dict[str, list[float]] = {name: [] for name in SCREENS}
    for lap in range(times + 1):
        for name in SCREENS:
            page.goto(f"{origin}/{name}")
            took = page.evaluate(_PAINT)
            if lap:
                found[name].append(took)
    page.context.close()
    every = [one for laps in found.values() for one in laps]
    worst = max(found, key=lambda name: percentile(found[name], 0.5))
    return {
        "first paint p50, ms": percentile(every, 0.5),
        "first paint p95, ms": percentile(every, 0.95),
        f"the slowest screen, {worst}, p50, ms": percentile(found[worst], 0.5),
    }


def tokens(chromium: Any, client: Client, once: str, streams: int, count: int) -> dict[str, float]:
    """Milliseconds from the provider's socket to the page, of so many streams at once."""
    page = chromium.new_context(viewport={"width": 1600, "height": 1000}).new_page()
    page.goto(once)
    page.goto(f"{once.partition('/sign-in')[0]}/live")
    page.wait_for_selector('#link:text-is("live")')
    page.evaluate(_HEAR)
    body = {"agent": "ann", "prompt": f"{count} stamped"}
    for _ in range(streams):
        client.ask("POST", "api", "agents", body=body)
    while any(one["state"] in ("pending", "processing") for one in client.get("api", "agents")):
        time.sleep(0.5)
    ended = client.get("api", "agents")
    assert all(one["state"] == "completed" for one in ended), ended[:1]
    page.wait_for_timeout(1_000)
    late = page.evaluate("window.late")
    page.context.close()
    assert late, "no token came to the page"
    return {
        f"token to page, {streams} streams, p50, ms": percentile(late, 0.5),
        f"token to page, {streams} streams, p95, ms": percentile(late, 0.95),
        "of all tokens seen": len(late) / (streams * count),
    }


def requests(client: Client, once: str, count: int) -> dict[str, float]:
    """Requests a second over TCP, by eight who ask at once; each has a connection of its own."""
    body = {"name": "bench", "role": "operator"}
    token = client.ask("POST", "api", "tokens", body=body)["token"]
    host = once.partition("//")[2].partition("/")[0]
    call = b'{"tool": "add", "arguments": {"a": 1, "b": 2}}'
    found = {}
    for name, line, data in (
        ("/ping", "GET /ping", b""), ("/api/runs", "GET /api/runs?limit=100", b""),
        ("invoke", "POST /api/plugins/calculator/invoke", call),
    ):  # fmt: skip
        head = f"{line} HTTP/1.1\r\nhost: {host}\r\nauthorization: Bearer {token}\r\n"
        asked = f"{head}content-length: {len(data)}\r\n\r\n".encode() + data
        began = time.perf_counter()
        with ThreadPoolExecutor(8) as pool:
            statuses = set(pool.map(lambda _, said=asked: _ask(host, said), range(count)))
        assert statuses == {b"200"}, statuses
        found[f"{name}, requests a second"] = count / (time.perf_counter() - began)
    return found


def _ask(host: str, asked: bytes) -> bytes:
    name, _, port = host.partition(":")
    answer = b""
    with socket.create_connection((name, int(port))) as sock:
        sock.sendall(asked)
        while piece := sock.recv(65_536):
            answer += piece
    return answer.split(b" ", 2)[1]


def measure(*, quick: bool) -> dict[str, float]:
    """All figures."""
    from playwright.sync_api import sync_playwright

    records, streams, laps = (20_000, 20, 3) if quick else (1_000_000, 200, 10)
    with (
        tempfile.TemporaryDirectory() as name, open_web() as url, sync_playwright() as started,
    ):  # fmt: skip
        chromium = started.chromium.launch(executable_path=BROWSER, args=list(FLAGS))
        folder = Path(name)
        trio.run(_open, folder, write_run, records)
        with served(folder, url, streams) as (client, once):
            found = told(paints(chromium, once, laps))
            found |= told(requests(client, once, 50 * laps))
        with (
            tempfile.TemporaryDirectory() as empty,
            served(Path(empty), url, streams) as (client, once),
        ):
            found |= tokens(chromium, client, once, streams, 25 if quick else 100)
        chromium.close()
    return found


def told(found: dict[str, float]) -> dict[str, float]:
    """The same figures, said at once: the others take a while."""
    for name, value in found.items():
        print(f"{name:48}{value:12.2f}", file=sys.stderr, flush=True)
    return found


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    found = measure(quick=asked.quick)
    for name, value in found.items():
        goal = f"   goal {GOALS[name]:g}" if name in GOALS else ""
        print(f"{name:48}{value:12.2f}{goal}")
    if asked.json:
        asked.json.write_text(json.dumps(found, indent=2) + "\n")


if __name__ == "__main__":
    main()
