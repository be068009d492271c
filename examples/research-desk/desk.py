#!/usr/bin/env python3
"""Start the desk's small web on a free port, run the manifest, say who did what, and stop.

Usage: desk.py [--port N] [ARGUMENTS OF lion run...]
"""

import signal

if __name__ == "__main__":
    # Until main can answer it: a traceback of half an import says nothing to anybody.
    signal.signal(signal.SIGINT, signal.SIG_DFL)

import functools
import http.server
import shlex
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

HERE = Path(__file__).resolve().parent
USUAL_PORT = 8321
"""The manifest's: the line that a run suggests stays right the next time if this port is free."""


INTERRUPTED = 130
PATIENCE = 3.0
"""Seconds that lion has to end by itself when somebody types Ctrl-C, which it hears too."""

TO_TRY = """
Three commands to try (lion is {lion}):
  lion replay last     the same run again, offline, from its log
  lion audit last      who may do what, and what was used
  lion verify last     nobody has changed the log"""
DIARY = 'For the diary too: write the line after "allow it" into the manifest, then run again.'


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Serves files and says nothing of it."""

    def log_message(self, *_: object) -> None:
        """The run's own log says more."""


class Server(http.server.ThreadingHTTPServer):
    """A reader that leaves early is no error."""

    def handle_error(self, *_: object) -> None:
        """Nothing to say."""


def free_port(wanted: int) -> int:
    """The wanted port if nobody has it, else one that the system chooses."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", wanted))
        except OSError:
            return 0
    return wanted


@contextmanager
def small_web(port: int) -> Iterator[str]:
    """A server of the pages in `web` on loopback; gives its URL."""
    handler = functools.partial(Quiet, directory=str(HERE / "web"))
    with Server(("127.0.0.1", free_port(port)), handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


def program() -> list[str]:
    """How lion is started here, by the name people type if it is there."""
    script = Path(sys.prefix, "bin", "lion")
    if script.exists() and script.is_relative_to(Path.cwd()):
        script = script.relative_to(Path.cwd())
    return [str(script)] if script.exists() else [sys.executable, "-m", "lion"]


def lion(*arguments: str) -> int:
    """Run a command of lion; its exit code, also when it is interrupted.

    It hears of an interrupt as soon as it can answer one: the block that it begins with it lifts.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    with subprocess.Popen([*program(), *arguments]) as process:
        try:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
            return process.wait()
        except KeyboardInterrupt:
            return ended(process)


def ended(process: "subprocess.Popen[bytes]") -> int:
    """Wait for lion to end in order; what only we were told is passed on."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        process.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGINT)
    process.wait()
    return INTERRUPTED


def main(arguments: list[str]) -> int:
    """Run the desk; the exit code of its run."""
    port = USUAL_PORT
    if arguments[:1] == ["--port"]:
        port, arguments = int(arguments[1]), arguments[2:]
    # The critic judges what is there: yesterday's notes would do, and should not.
    shutil.rmtree(HERE / "desk-notes", ignore_errors=True)
    with small_web(port) as web:
        code = lion("run", str(HERE / "manifest.toml"), "--set", f"web={web}", *arguments)
    if code in (0, 1) and "--json" not in arguments:
        print("\nWho did what:\n", flush=True)
        lion("audit", "last")
        print(TO_TRY.format(lion=shlex.join(program())))
        if "diary" not in (HERE / "manifest.toml").read_text("utf-8"):
            print(DIARY)
    return code


if __name__ == "__main__":
    try:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
