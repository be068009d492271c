#!/usr/bin/env python3
"""Start the desk's small web and a service with the desk in it, and give the agents their tasks as
soon as somebody looks at the page.

Usage: serve.py [ARGUMENTS OF lion serve...]
"""

import signal

if __name__ == "__main__":
    # Until main can answer it: a traceback of half an import says nothing to anybody.
    signal.signal(signal.SIGINT, signal.SIG_DFL)

import json
import shlex
import shutil
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

import desk

TASKS = {
    "ann": "What do lions eat and drink?",
    "bob": "How do lions hunt?",
    "carla": "Judge this note.",
}
LOOK = 0.3
"""Seconds between two looks for somebody who looks."""


def give_work(over: threading.Event, state: Sequence[str]) -> None:
    """Give the agents their tasks, once somebody follows the page."""
    while not over.wait(LOOK):
        found = asked("status", "--json", *state)
        if found and json.loads(found).get("followers"):
            for agent, task in TASKS.items():
                asked("task", "submit", agent, task, *state)
            return


def asked(*words: str) -> str:
    """What a command prints; nothing if it fails: the service may be about to end."""
    done = subprocess.run(
        [*desk.program(), *words], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        check=False,
    )  # fmt: skip
    return done.stdout if done.returncode == 0 else ""


def state_of(arguments: Sequence[str]) -> list[str]:
    """The words among these that say where the state is."""
    for at, word in enumerate(arguments):
        if word == "--state" and at + 1 < len(arguments):
            return ["--state", arguments[at + 1]]
        if word.startswith("--state="):
            return [word]
    return []


def main(arguments: list[str]) -> int:
    """Serve until interrupted; the exit code of the service."""
    shutil.rmtree(desk.HERE / "desk-notes", ignore_errors=True)
    over = threading.Event()
    with desk.small_web(desk.USUAL_PORT) as web:
        manifest = str(Path(desk.HERE, "served.toml"))
        giver = threading.Thread(target=give_work, args=(over, state_of(arguments)))
        giver.start()
        try:
            print("Open the page below; three agents begin as soon as you look.", flush=True)
            print(f"Ctrl-C ends it. At another terminal: {shlex.join(desk.program())} status\n")
            sys.stdout.flush()
            return desk.lion("serve", manifest, "--set", f"web={web}", *arguments)
        finally:
            over.set()
            giver.join()


if __name__ == "__main__":
    try:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(desk.INTERRUPTED)
