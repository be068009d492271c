"""What native code can do that got out of a guest, with the second wall and without it. The
attacks are made in a process of their own, since no wall is ever lowered.
"""

import json
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lion.cli.walls import render_wall
from lion.domain.plan import Grant, Holder, Model, Plan
from lion.errors import OperatorError
from lion.manifest.parse import parse_manifest
from lion.settings import Settings
from lion.wall import landlock, raise_wall, seccomp
from lion.wall.landlock import Reach
from lion.wall.raise_wall import can_hold, reach_of
from tests.cli.kit import ROOT, WASM

needs_landlock = pytest.mark.skipif(
    landlock.version() < 6, reason=f"this kernel has Landlock {landlock.version() or 'not at all'}"
)
needs_seccomp = pytest.mark.skipif(
    not seccomp.is_known(), reason="no seccomp here, or a machine whose calls are not known"
)

ATTACK = """
import json, os, socket, sys
from pathlib import Path
from lion.manifest.parse import parse_manifest
from lion.settings import Settings
from lion.wall.kernel import system_call
from lion.wall.raise_wall import harden
from lion.wall.seccomp import MACHINES
from lion.wall.kernel import MACHINE

folder, has_wall, port, named, parent = sys.argv[1:]
root, calls = Path(folder), MACHINES[MACHINE].calls
if has_wall == "yes":
    text = Path(root, "manifest.toml").read_text()
    harden(
        parse_manifest(text, path=root / "manifest.toml"),
        Settings(state=root / "state", cache=root / "cache"),
    )

def connect(port):
    with socket.create_connection(("127.0.0.1", int(port)), 5):
        pass

def bind():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))

def abstract():
    with socket.socket(socket.AF_UNIX) as one:
        one.connect("\\0" + parent)

def start():
    number = os.posix_spawn("/bin/true", ["true"], {})
    os.waitpid(number, 0)

tries = {
    "read": lambda: Path(root, "others", "secret").read_text(),
    "list": lambda: os.listdir(root / "others"),
    "write": lambda: Path(root, "others", "new").write_text("x"),
    "truncate": lambda: os.truncate(root / "others" / "secret", 5),
    "remove": lambda: os.unlink(root / "others" / "old"),
    "move in": lambda: os.rename(root / "others" / "moved", root / "notes" / "moved"),
    "link": lambda: os.link(root / "others" / "secret", root / "notes" / "linked"),
    "write what is read": lambda: Path(root, "books", "new").write_text("x"),
    "plant": lambda: Path(root, "cache", "code").write_text("x"),
    "home": lambda: Path(root, "home", ".bashrc").write_text("x"),
    "connect": lambda: connect(port),
    "bind": bind,
    "environment": lambda: Path("/proc", parent, "environ").read_bytes(),
    "signal": lambda: os.kill(int(parent), 0),
    "abstract": abstract,
    "start": start,
    "io_uring": lambda: os.close(system_call(calls["io_uring_setup"], 1, bytes(120))),
    "ptrace": lambda: system_call(calls["ptrace"], 0x4206, int(parent), None, None),
    "packet": lambda: socket.socket(38, socket.SOCK_SEQPACKET).close(),
    "keys": lambda: system_call(calls["keyctl"], 0, -3, 0, 0, 0),
    "datagram": lambda: socket.socket(type=socket.SOCK_DGRAM).sendto(b"x", ("127.0.0.1", 9)),
    "own notes": lambda: Path(root, "notes", "mine").write_text("x"),
    "own books": lambda: Path(root, "books", "one").read_text(),
    "own move": lambda: os.rename(root / "notes" / "mine", root / "notes" / "deep" / "mine"),
    "own server": lambda: connect(named),
    "own child": lambda: os.kill(os.getpid(), 0),
}
told = {}
for name, attempt in tries.items():
    try:
        attempt()
        told[name] = "done"
    except OSError as exc:
        told[name] = exc.strerror
print(json.dumps(told))
"""

MANIFEST = f"""
name = "walled"
[plugins.one]
component = "{WASM / "hello.wasm"}"
allow.fs = [{{ path = "/n", at = "notes", write = true }}, {{ path = "/b", at = "books" }}]
allow.http = ["GET http://127.0.0.1:PORT/**"]
"""


@pytest.fixture
def servers() -> Iterator[tuple[int, int, str]]:
    """Two servers that take connections, and an abstract socket by a name."""
    import os

    name = f"{os.getpid()}"
    with (
        socket.create_server(("127.0.0.1", 0)) as one,
        socket.create_server(("127.0.0.1", 0)) as two,
        socket.socket(socket.AF_UNIX) as local,
    ):
        local.bind("\0" + name)
        local.listen()
        yield one.getsockname()[1], two.getsockname()[1], name


def attempt(
    folder: Path, wall: str, servers: tuple[int, int, str], manifest: str = MANIFEST
) -> dict[str, str]:
    """What came of each attack, in a process of its own."""
    for name in ("others", "notes/deep", "books", "home", "cache"):
        (folder / name).mkdir(parents=True)
    for name in ("others/secret", "others/old", "others/moved", "books/one"):
        (folder / name).write_text("what others have")
    port, named, parent = servers
    (folder / "manifest.toml").write_text(manifest.replace("PORT", str(named)))
    words = [str(folder), wall, str(port), str(named), parent]
    done = subprocess.run(
        [sys.executable, "-c", ATTACK, *words], capture_output=True, text=True, check=False,
        cwd=ROOT,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    told: dict[str, str] = json.loads(done.stdout)
    return told


OWN = {"own notes", "own books", "own move", "own server", "own child"}
BY_SECCOMP = {"io_uring", "ptrace", "packet", "keys"}


@needs_landlock
@needs_seccomp
def test_what_got_out_has_what_the_manifest_names_and_no_more(
    tmp_path: Path, servers: tuple[int, int, str]
) -> None:
    told = attempt(tmp_path, "yes", servers)
    assert {name for name, came in told.items() if came == "done"} == {*OWN, "datagram"}
    assert {told[name] for name in BY_SECCOMP} == {"Operation not permitted"}
    assert set(told.values()) <= {
        "done", "Permission denied", "Operation not permitted", "Invalid cross-device link",
    }  # fmt: skip


@needs_landlock
@needs_seccomp
def test_where_no_server_is_named_there_is_no_network(
    tmp_path: Path, servers: tuple[int, int, str]
) -> None:
    told = attempt(tmp_path, "yes", servers, MANIFEST.partition("allow.http")[0])
    assert {name for name, came in told.items() if came == "done"} == OWN - {"own server"}
    assert {told[name] for name in ("datagram", "own server", "connect", "bind")} == {
        "Operation not permitted"
    }


def test_without_the_wall_each_of_them_succeeds(
    tmp_path: Path, servers: tuple[int, int, str]
) -> None:
    told = attempt(tmp_path, "no", servers)
    # Whether these succeed is also for the kernel's other guards to say.
    others = {"io_uring", "ptrace", "packet", "keys"}
    assert {name for name, came in told.items() if came != "done"} <= others


@pytest.mark.parametrize("path", ["/usr/include/x86_64-linux-gnu/asm/unistd_64.h"])
def test_numbers_of_calls_are_the_kernels(path: str) -> None:
    header = Path(path)
    if not header.is_file():
        pytest.skip("the kernel's headers are not installed")
    known = dict(re.findall(r"#define __NR_(\w+) (\d+)", header.read_text()))
    calls = {**seccomp.MACHINES["x86_64"].calls, "socket": 41, "seccomp": 317}
    assert {name: int(known[name]) for name in calls} == calls


def test_both_machines_give_up_the_same_but_what_only_one_has() -> None:
    x86, arm = (set(seccomp.MACHINES[name].calls) for name in ("x86_64", "aarch64"))
    assert x86 - arm == {"iopl", "ioperm", "modify_ldt", "lookup_dcookie"}
    assert arm - x86 == set()


@needs_landlock
def test_a_run_behind_the_wall_compiles_runs_and_records(tmp_path: Path) -> None:
    words = ["--state", str(tmp_path / "state")]
    done = subprocess.run(
        [sys.executable, "-m", "lion", "run", "--harden", *words, "examples/tour/manifest.toml"],
        cwd=ROOT, capture_output=True, text=True, check=False,
        env={"HOME": str(tmp_path), "LION_CACHE": str(tmp_path / "cache"), "PATH": "/usr/bin"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "kept back: files that the manifest does not name" in done.stderr
    assert "compiled code is not kept" in done.stderr, "it compiled in a child"
    assert not list((tmp_path / "cache").rglob("*.cwasm")), "and leaves no code for others"


def plan(**more: Any) -> Plan:
    holder = Holder(name="one", kind="plugin", component=Path("/x.wasm"), **more)
    return Plan(name="p", path=None, text="", holders={"one": holder}, runs=(), resolved={})


def reach(given: Plan) -> Reach:
    return reach_of(given, Settings(state=Path("/state"), cache=Path("/cache")))


@pytest.mark.parametrize(
    ("patterns", "ports"),
    [
        ([], set()),
        (["GET https://a.example/**"], {443, 53}),
        (["* http://a.example:8080/", "GET https://b.example/"], {8080, 443, 53}),
        (["GET https://a.example:*/"], None),
    ],
)
def test_ports_are_those_of_the_servers_that_are_named(
    patterns: list[str], ports: set[int] | None
) -> None:
    grants = tuple(Grant("http", "x", patterns=(one,)) for one in patterns)
    assert reach(plan(grants=grants)).ports == ports


def test_a_models_server_is_one_of_them() -> None:
    model = Model(name="m", provider="openai", base_url="http://127.0.0.1:11434/v1")
    given = Plan(
        name="p", path=None, text="", holders={}, runs=(), resolved={}, models={"m": model}
    )
    assert reach(given).ports == {11434, 53}


def test_trusted_python_and_missing_folders_are_refused_by_name(tmp_path: Path) -> None:
    system = Holder(name="db", kind="system", use="sqlite-query")
    given = Plan(name="p", path=None, text="", holders={"db": system}, runs=(), resolved={})
    with pytest.raises(OperatorError, match="'db' is a system plugin"):
        reach(given)
    text = MANIFEST.replace("PORT", "1")
    with pytest.raises(OperatorError, match=r"notes' is not there.*mkdir -p"):
        reach(parse_manifest(text, path=tmp_path / "manifest.toml"))


def test_what_is_not_there_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(raise_wall.landlock, "version", lambda: 3)
    monkeypatch.setattr(raise_wall.seccomp, "is_known", lambda: False)
    lines = list(render_wall(can_hold()))
    assert [line[:9] for line in lines] == ["hardened ", *["not      "] * 3]
    files, *missing = (line[9:].removeprefix("kept back: ") for line in lines)
    assert files == "files that the manifest does not name, and programs"
    assert [line.partition(": ")[2] for line in missing] == [
        "this kernel's Landlock (3) has no such thing",
        "this kernel's Landlock (3) has no such thing",
        "no seccomp here",
    ]
