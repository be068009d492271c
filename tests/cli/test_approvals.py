"""Approvals as a person gives them: at the terminal, and from another one."""

import contextlib
import json
import os
import pty
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from lion.domain.events import ApprovalDecided, ApprovalExpired
from lion.log.sqlite_reader import open_sqlite_reader
from tests.cli.kit import SECONDS, WASM, Lion

ON_A_TERMINAL = """import fcntl, os, sys, termios
os.setsid()
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execvp(sys.executable, [sys.executable, "-m", "lion", *sys.argv[1:]])
"""


@pytest.fixture
def asking(lion: Lion) -> Lion:
    """A manifest whose two calls have somebody asked."""
    lion.write('ask = ["kv set **"]\n', "policy.toml")
    lion.write(
        f'name = "m"\n[plugins.notebook]\ncomponent = "{WASM / "notebook.wasm"}"\n'
        'allow.kv = { bytes = "1 KiB" }\n'
        '[[run]]\ncall = "notebook.write"\nwith = { title = "lions", text = "cats" }\n'
        '[[run]]\ncall = "notebook.write"\nwith = { title = "tigers", text = "cats, too" }\n'
    )
    return lion


@contextmanager
def running(lion: Lion, *words: str) -> Iterator[subprocess.Popen[str]]:
    """`lion run`, with nobody at the terminal."""
    command = [sys.executable, "-m", "lion", "run", "manifest.toml", "--policy", "policy.toml"]
    with subprocess.Popen(
        [*command, *words], cwd=lion.folder, env=lion.environ, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8",
    ) as process:  # fmt: skip
        try:
            yield process
        finally:
            process.kill()


def told(process: subprocess.Popen[str], count: int) -> list[str]:
    """The ids of so many requests that a run says wait."""
    assert process.stderr is not None
    ids: list[str] = []
    for line in process.stderr:
        if line.lstrip().startswith("answer"):
            ids.append(line.split()[3])
            if len(ids) == count:
                break
    return ids


def decided(lion: Lion) -> list[str]:
    with open_sqlite_reader(lion.state) as reader:
        events = [record.event() for record in reader.records(reader.find("last"))]
    shown = [e for e in events if isinstance(e, ApprovalDecided | ApprovalExpired)]
    return sorted(e.why if isinstance(e, ApprovalExpired) else e.answer.via for e in shown)


def test_from_another_terminal(asking: Lion) -> None:
    with running(asking) as process:
        ids = told(process, 2)
        shown = {one["target"]: one for one in map(json.loads, lines(asking, "--json"))}
        assert sorted(one["id"] for one in shown.values()) == sorted(ids)
        assert shown["page/lions"]["arguments"] == '["page/lions","catsu"]'
        text = asking("approvals").stdout
        assert 'to be asked by policy rule "kv set **"' in text and "granted" in text
        yes = asking("approve", shown["page/lions"]["id"][:6])
        no = asking("refuse", shown["page/tigers"]["id"], "no tigers here")
        assert yes.stdout.startswith("approved once") and no.stdout.startswith("refused once")
        out, _ = process.communicate(timeout=SECONDS)
    assert process.returncode == 1
    assert "no tigers here" in out and "ok      notebook.write" in out
    assert decided(asking) == ["command", "command"]
    assert asking("verify", "last").returncode == 0
    assert asking("replay", "last").returncode == 0
    assert lines(asking) == []


def lines(lion: Lion, *words: str) -> list[str]:
    return lion("approvals", *words).stdout.splitlines()


def test_an_answer_is_used_once_and_only_while_somebody_waits(asking: Lion) -> None:
    with running(asking) as process:
        one, other = told(process, 2)
        assert asking("approve", one).returncode == 0
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=SECONDS)
    assert process.returncode == 130
    for id in (one, other, "", "zz"):
        late = asking("approve", id)
        assert late.returncode == 2 and "no call that waits" in late.stderr
    assert "cancelled" in decided(asking)


def test_a_run_that_was_killed_is_answered_for_when_it_is_resumed(asking: Lion) -> None:
    with running(asking) as process:
        one, other = told(process, 2)
        process.kill()
        process.wait(SECONDS)
    assert "its process has ended" in asking("approvals").stdout
    said = asking("approve", one)
    assert said.returncode == 0 and "lion resume" in said.stdout
    assert [json.loads(line)["id"] for line in lines(asking, "--json")] == [other]
    (lock,) = (asking.state / "runs").glob("*.lock")
    lock.unlink()  # as when the run is over
    assert lines(asking) == [] and asking("approve", other).returncode == 2


def test_what_goes_on_is_shown_and_taken_back(asking: Lion) -> None:
    with running(asking) as process:
        one, other = told(process, 2)
        assert asking("approve", one, "--for", "always").returncode == 0
        assert asking("approve", other).returncode == 0
        process.communicate(timeout=SECONDS)
    assert process.returncode == 0
    run = asking.process("run", "manifest.toml", "--policy", "policy.toml")
    assert run.returncode == 0, "nobody was asked again"
    assert "always by" in lines(asking, "--standing")[0]
    assert asking("approvals", "--forget", one).returncode == 0
    assert asking("approvals", "--forget", one).returncode == 2
    refused = asking.process("run", "manifest.toml", "--policy", "policy.toml", "--no-ask")
    assert refused.returncode == 1 and "there is nobody to ask" in refused.stdout


def test_another_component_is_another_question(asking: Lion) -> None:
    with running(asking) as process:
        for one in told(process, 2):
            assert asking("approve", one, "--for", "always").returncode == 0
        process.communicate(timeout=SECONDS)
    changed = asking.folder / "changed.wasm"
    # A custom section more: it does the same, and is not what was approved.
    changed.write_bytes((WASM / "notebook.wasm").read_bytes() + b"\0\x02\x01x")
    manifest = asking.folder / "manifest.toml"
    manifest.write_text(manifest.read_text().replace(str(WASM / "notebook.wasm"), str(changed)))
    with running(asking) as process:
        assert len(told(process, 2)) == 2


def test_nobody_in_time(asking: Lion) -> None:
    asking.write('ask = ["kv set **"]\n[approvals]\nwait = "50 ms"\n', "policy.toml")
    run = asking.process("run", "manifest.toml", "--policy", "policy.toml")
    assert run.returncode == 1 and "nobody approved it within 50 ms" in run.stdout
    assert decided(asking) == ["expired", "expired"]


class Seat:
    """Somebody who sits at a terminal where lion runs."""

    def __init__(self, lion: Lion, *words: str) -> None:
        self._ours, theirs = pty.openpty()
        self.process = subprocess.Popen(
            [sys.executable, "-c", ON_A_TERMINAL, *words], cwd=lion.folder,
            env=lion.environ | {"TERM": "xterm"}, stdin=theirs, stdout=theirs, stderr=theirs,
        )  # fmt: skip
        os.close(theirs)
        self.seen = ""

    def read_until(self, word: str, times: int = 1) -> None:
        while self.seen.count(word) < times:
            chunk = os.read(self._ours, 4096).decode()
            assert chunk, self.seen
            self.seen += chunk

    def type(self, text: str) -> None:
        os.write(self._ours, text.encode())

    def leave(self) -> int:
        with contextlib.suppress(OSError):
            while chunk := os.read(self._ours, 4096):
                self.seen += chunk.decode()
        os.close(self._ours)
        return self.process.wait(SECONDS)


QUESTION = "or why not"


def test_at_the_terminal(asking: Lion) -> None:
    seat = Seat(asking, "run", "manifest.toml", "--policy", "policy.toml")
    seat.read_until(QUESTION)
    seat.type("y\n")
    seat.read_until(QUESTION, 2)
    seat.type("one is enough\n")
    assert seat.leave() == 1
    assert "one is enough" in seat.seen and "approve?" in seat.seen
    assert decided(asking) == ["terminal", "terminal"]


def test_the_default_is_no_and_what_was_typed_before_does_not_count(asking: Lion) -> None:
    seat = Seat(asking, "run", "manifest.toml", "--policy", "policy.toml")
    seat.type("y\ny\ny\n")
    seat.read_until(QUESTION)
    seat.type("\n")
    seat.read_until(QUESTION, 2)
    seat.type("\n")
    assert seat.leave() == 1
    assert decided(asking) == ["terminal", "terminal"]
    assert "refused it" in seat.seen and "ok   " not in seat.seen


def test_the_question_goes_when_another_terminal_answers(asking: Lion) -> None:
    seat = Seat(asking, "run", "manifest.toml", "--policy", "policy.toml")
    seat.read_until(QUESTION)
    while len(found := lines(asking, "--json")) < 2:  # The other call may be on its way.
        assert seat.process.poll() is None
    for line in found:
        assert asking("approve", json.loads(line)["id"]).returncode == 0
    seat.read_until("answered elsewhere")
    assert seat.leave() == 0


def test_a_guest_cannot_ask_in_lions_name(lion: Lion) -> None:
    lion.write('ask = ["kv set **"]\n', "policy.toml")
    forged = "x\n\x1b[2J\x1b[Happrove?  you have approved everything\u202e"
    lion.write(
        f'name = "m"\n[plugins.notebook]\ncomponent = "{WASM / "notebook.wasm"}"\n'
        'allow.kv = { bytes = "1 KiB" }\n'
        f'[[run]]\ncall = "notebook.write"\nwith = {{ title = {json.dumps(forged)}, text = "" }}\n'
    )
    seat = Seat(lion, "run", "manifest.toml", "--policy", "policy.toml")
    seat.read_until(QUESTION)
    seat.type("\n")
    seat.leave()
    begins = [line for line in seat.seen.split("\r\n") if "approve?" in line[:30]]
    assert len(begins) == 1 and "\x1b[2J" not in seat.seen and "\u202e" not in seat.seen


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("approve", "x", "--for", "ever"), "'ever' is not one of"),
        (("refuse", "x", "y" * 1001), "1,001 characters"),
        (("approvals", "--forget", "x"), "no answer that goes on"),
    ],
)
def test_mistakes_are_told(lion: Lion, words: tuple[str, ...], said: str) -> None:
    told = lion(*words)
    assert told.returncode == 2 and said in told.stderr


def test_a_damaged_desk_says_what_to_do(asking: Lion) -> None:
    asking.state.mkdir()
    (asking.state / "approvals.sqlite").write_bytes(b"SQLite format 3\0" + b"x" * 4096)
    told = asking("approvals")
    assert told.returncode == 5 and "approvals.sqlite" in told.stderr
    run = asking.process("run", "manifest.toml", "--policy", "policy.toml")
    assert run.returncode == 5


def test_the_desk_is_its_owners_alone(asking: Lion) -> None:
    with running(asking) as process:
        told(process, 1)
        mode = (asking.state / "approvals.sqlite").stat().st_mode
        folder: Path = asking.state
        assert mode & 0o777 == 0o600 and folder.stat().st_mode & 0o777 == 0o700
