"""What a program of others can do that `lion gateway` runs, with walls around it and without; what
it is given, and that it ends with all that it has started.
"""

import json
import os
import socket
import sys
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from lion.domain.events import LineLogged
from lion.wall import landlock, seccomp
from tests.cli.kit import Lion
from tests.gateway.kit import MODELS, SCRIPT, agent, recorded

needs_wall = pytest.mark.skipif(
    landlock.version() < 6 or not seccomp.is_known(), reason="this kernel holds back less"
)
PROBE = """
import json, os, socket, sys, urllib.request
from pathlib import Path

other, root, parent = int(sys.argv[1]), Path(sys.argv[2]), os.getppid()

def connect(port):
    with socket.create_connection(("127.0.0.1", port), 5):
        pass

def ask():
    head = {"Authorization": "Bearer " + os.environ["OPENAI_API_KEY"]}
    url = os.environ["OPENAI_BASE_URL"] + "/models"
    with urllib.request.urlopen(urllib.request.Request(url, headers=head), timeout=60) as answer:
        assert json.load(answer)["data"][0]["id"] == "fast"

def make(*kind):
    socket.socket(*kind).close()

tries = {
    "read what lion keeps": lambda: os.listdir(root / "state"),
    "read others": lambda: (root / "others" / "secret").read_text(),
    "write its folder": lambda: Path("new").write_text("x"),
    "another server": lambda: connect(other),
    "bind": lambda: socket.create_server(("127.0.0.1", 0)).close(),
    "datagram": lambda: make(socket.AF_INET, socket.SOCK_DGRAM),
    "raw ipv6": lambda: make(socket.AF_INET6, socket.SOCK_STREAM),
    "multipath": lambda: make(socket.AF_INET, socket.SOCK_STREAM, 262),
    "local sockets": lambda: make(socket.AF_UNIX, socket.SOCK_STREAM),
    "lion's environment": lambda: Path(f"/proc/{parent}/environ").read_bytes(),
    "signal lion": lambda: os.kill(parent, 0),
    "own: ask": ask,
    "own: home": lambda: Path(os.environ["HOME"], "x").write_text("x"),
    "own: folder": lambda: os.listdir("."),
    "own: pair": lambda: [one.close() for one in socket.socketpair()],
}
told = {}
for name, attempt in tries.items():
    try:
        attempt()
        told[name] = "done"
    except OSError as exc:
        told[name] = exc.strerror or str(exc)
print(json.dumps({"told": told, "environ": dict(os.environ)}))
"""


@pytest.fixture
def lion(tmp_path: Path) -> Lion:
    found = Lion(tmp_path)
    found.environ["LION_SECRET_KEY"] = "example.com very-secret"
    found.write(SCRIPT, "work/answers.toml")
    found.write("\n".join(['name = "x"', MODELS, ANN]), "work/manifest.toml")
    found.write(PROBE, "work/probe.py")
    found.write("what others have", "others/secret")
    found.folder = tmp_path / "work"
    return found


ANN = agent("ann", 'allow.llm = ["fast"]')


@pytest.fixture
def other() -> Iterator[int]:
    """A server that is not the gateway."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def probe(lion: Lion, other: int, *words: str) -> tuple[dict[str, str], dict[str, str], str]:
    """What came of each try, the program's environment, and what lion said."""
    command = [sys.executable, "probe.py", str(other), str(lion.state.parent)]
    done = lion.process("gateway", "manifest.toml", *words, "--", *command)
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    return said["told"], said["environ"], done.stderr


@needs_wall
def test_behind_the_wall_it_reaches_the_gateway_and_no_more(lion: Lion, other: int) -> None:
    told, _, said = probe(lion, other, "--harden")
    own = {name for name in told if name.startswith("own: ")}
    assert {name for name, came in told.items() if came == "done"} == own
    assert said.count("kept back:") >= 5 and "UNSANDBOXED" in said


def test_without_it_it_can_what_you_can_and_is_marked(lion: Lion, other: int) -> None:
    told, environ, said = probe(lion, other, "--env", "EXTRA=1")
    for name in ("read what lion keeps", "read others", "another server", "datagram"):
        assert told[name] == "done", told
    assert "UNSANDBOXED" in said and "very-secret" not in str(environ)
    assert environ["EXTRA"] == "1" and not Path(environ["HOME"]).exists()
    ours = {"PATH", "LC_ALL", "LC_CTYPE", "LANG", "TERM", "TZ"}
    given = {name for name in environ if not name.startswith(("LION_", "OPENAI_", "ANTHROPIC_"))}
    assert given <= {*ours, "HOME", "TMPDIR", "EXTRA"}
    assert not {"LION_STATE", "LION_CACHE", "LION_SECRET_KEY"} & environ.keys()
    lines = [one.event().message for one in recorded(lion.state.parent) if _is_line(one.event())]
    assert any(line.startswith("UNSANDBOXED: ann is the program") for line in lines)
    assert any("ended with exit code 0" in line for line in lines)


def _is_line(event: object) -> bool:
    return isinstance(event, LineLogged)


def test_it_ends_with_all_that_it_has_started(lion: Lion, tmp_path: Path) -> None:
    marks = tmp_path / "child"
    code = f"""
        import os, sys, time
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0:
                open({str(marks)!r}, "w").write(str(os.getpid()))
                time.sleep(3600)
            os._exit(0)
        os.wait()
        while not os.path.exists({str(marks)!r}) or not open({str(marks)!r}).read():
            time.sleep(0.01)
        sys.exit(7)
    """
    done = lion.process(
        "gateway", "manifest.toml", "--", sys.executable, "-c", textwrap.dedent(code)
    )
    assert done.returncode == 7, done.stderr
    child, until = int(marks.read_text()), time.monotonic() + 60
    while _is_alive(child) and time.monotonic() < until:
        os.sched_yield()
    assert not _is_alive(child)


def _is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_mistakes_are_told(lion: Lion) -> None:
    gone = lion("gateway", "manifest.toml", "--", "no-such-program")
    assert gone.returncode == 2 and "there is no program 'no-such-program'" in gone.stderr
    alone = lion("gateway", "manifest.toml", "--harden")
    assert alone.returncode == 2 and "add -- PROGRAM ARGS" in alone.stderr
    read = lion("gateway", "manifest.toml", "--read", "/etc", "--", sys.executable)
    assert read.returncode == 2 and "add --harden" in read.stderr
    within = lion("gateway", "manifest.toml", "--harden", "--state", "here", "--", sys.executable)
    assert within.returncode == 2 and "lion's state is in it" in within.stderr
    lion.write("\n".join(['name = "x"', MODELS, ANN, agent("bob")]))
    two = lion("gateway", "manifest.toml", "--", sys.executable)
    assert two.returncode == 2 and "--as ann" in two.stderr
