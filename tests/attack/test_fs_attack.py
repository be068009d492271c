"""Look here if you want to know that a real component comes to no file that it was not granted,
while somebody changes what its paths lead to, and that what it does with files is whole, counted
and recorded.
"""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any

import pytest

from lion.errors import OperatorError
from lion.manifest.parse import parse_manifest
from tests.attack.kit import HEAD, Arena, call, holder, only, open_arena

SECRET = "the secret outside"
PATIENT = 'limits = { deadline = "120 s", cpu = "60 s" }'


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A granted directory beside a secret."""
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside/secret").write_text(SECRET)
    home = tmp_path / "home"
    (home / "d").mkdir(parents=True)
    (home / "d/secret").write_text("inside")
    return home


def probe(at: Path, extra: str = "", name: str = "probe") -> str:
    grant = f'allow.fs = [{{ path = "/n", at = "{at}", write = true{extra} }}]'
    return holder(name, "probe-fs", grant, PATIENT)


async def say(arena: Arena, tables: str, tool: str, **args: Any) -> Any:
    """What one call of the probe gives: its JSON, or its failure."""
    ending = only(await arena.run(tables, call(f"probe.{tool}", **args)))
    return json.loads(ending.value) if ending.ok else ending.value


@contextmanager
def swapping(home: Path) -> Iterator[list[int]]:
    """`d` is a directory, then a link to the secret's, then a directory again, all the time."""
    stop, count = threading.Event(), [0]
    real, link, here = home / "real", home / "out", home / "d"
    link.symlink_to("../outside")

    def work() -> None:
        while not stop.is_set():
            here.rename(real)
            link.rename(here)
            here.rename(link)
            real.rename(here)
            count[0] += 1

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield count
    finally:
        stop.set()
        thread.join()


@pytest.mark.slow
async def test_a_race_for_a_link_is_never_won(home: Path, tmp_path: Path) -> None:
    async with open_arena(tmp_path) as arena:
        with swapping(home) as count:
            said = await say(
                arena, probe(home), "fs-hammer", path="/n/d/secret", data="insideu", times=1_500
            )
        assert count[0] > 200
        assert said["seen"] == ["insideu"]
        assert 10 < said["read"] < 1_500 and 10 < said["written"] < 1_500, said
    assert (home.parent / "outside/secret").read_text() == SECRET
    assert os.listdir(home.parent / "outside") == ["secret"]
    assert (home / "d/secret").read_text() == "inside"


@pytest.mark.parametrize(
    "path",
    [
        "/n/../outside/secret",
        "/n/link/secret",
        "/n/absolute",
        "/n/d/../link/secret",
        "/n/chain",
        "/n/root/proc/self/environ",
        "/outside/secret",
        "/proc/self/environ",
    ],
)
async def test_no_way_out_is_found(home: Path, tmp_path: Path, path: str) -> None:
    (home / "link").symlink_to("../outside")
    (home / "absolute").symlink_to(tmp_path / "outside/secret")
    (home / "chain").symlink_to("link/secret")
    (home / "root").symlink_to("/proc/self/root")
    async with open_arena(tmp_path) as arena:
        for tool, args in (
            ("fs-read", {}),
            ("fs-write", {"data": "brokenu"}),
            ("fs-open", {"mode": "read"}),
            ("fs-open", {"mode": "write create truncate"}),
            ("fs-stat", {"follow": True}),
            ("fs-set-times", {"modified": 1}),
        ):
            said = await say(arena, probe(home), tool, path=path, **args)
            assert said.startswith("denied: "), (tool, said)
        for tool, args in (
            ("fs-rename", {"from": path, "to": "/n/mine"}),
            ("fs-link", {"from": path, "to": "/n/mine"}),
        ):
            if path not in ("/n/absolute", "/n/chain"):  # these are links inside
                assert (await say(arena, probe(home), tool, **args)).startswith("denied: ")
        assert (await say(arena, probe(home), "fs-symlink", target=path, path="/n/s")).startswith(
            "denied: "
        )
    assert (tmp_path / "outside/secret").read_text() == SECRET


@pytest.mark.parametrize(
    ("path", "case"),
    [("/n/d\0/../x", "invalid"), ("n/d", "invalid"), ("/n/" + "x" * 256, "name-too-long")],
)
async def test_malformed_paths_are_values_in_the_log(
    home: Path, tmp_path: Path, path: str, case: str
) -> None:
    async with open_arena(tmp_path) as arena:
        report = await arena.run(probe(home), call("probe.fs-read", path=path))
        assert only(report).value.startswith(f"{case}: ")
        (refused,) = arena.calls(report.run)
        assert (refused.status, refused.decided_by) == ("denied", "arguments")
        assert (await arena.replay(report.run)).identical


async def test_the_quota_is_kept_to_the_byte(home: Path, tmp_path: Path) -> None:
    grants = probe(home / "q", ', bytes = "100 B", files = 2')
    async with open_arena(tmp_path) as arena:
        steps = ["append " + "x" * 99 + "u", "append xu", "append xu", "write-at 99 yzu"]
        steps += ["set-size 101", "set-size 100", "read-at 98 9"]
        said = await say(
            arena, grants, "fs-file", path="/n/a", mode="read write create", steps="\n".join(steps)
        )
        assert said == [0, 99, "exhausted", "exhausted", "exhausted", None, "xxu"]
        assert (await say(arena, grants, "fs-write", path="/n/b", data="xu")).startswith(
            "exhausted: the quota is 100 bytes, 100 are used, 1 more"
        )
        assert await say(arena, grants, "fs-write", path="/n/b", data="u") is None
        said = await say(arena, grants, "fs-make-dir", path="/n/c")
        assert said.startswith("exhausted: the quota is 2 files")
        assert sum(path.stat().st_size for path in (home / "q").iterdir()) == 100


async def test_files_without_names_do_not_pass_the_quota(home: Path, tmp_path: Path) -> None:
    steps = ["append " + "x" * 60 + "u", "unlink /n/a", "append " + "x" * 41 + "u"]
    steps += ["append " + "x" * 40 + "u", "drop", "open /n/b write,create"]
    async with open_arena(tmp_path) as arena:
        said = await say(
            arena, probe(home / "q", ', bytes = "100 B"'), "fs-file", path="/n/a",
            mode="write create", steps="\n".join(steps),
        )  # fmt: skip
        assert said[:5] == [0, None, "exhausted", 60, None]


async def test_handles_are_bounded_and_the_others_go_on(home: Path, tmp_path: Path) -> None:
    async with open_arena(tmp_path) as arena:
        many = call("probe.fs-open-many", path="/n/d/secret", mode="read", times=400)
        beside = call("other.fs-read", path="/n/d/secret")
        report = await arena.run(probe(home), probe(home, name="other"), many, beside)
        opened, last = json.loads(report.endings[0].value)
        assert (opened, last) == (256, "exhausted")
        assert json.loads(report.endings[1].value) == "insideu"


@pytest.mark.parametrize("tool", ["fs-read", "fs-write", "fs-open"])
async def test_a_pipe_keeps_nobody_waiting(home: Path, tmp_path: Path, tool: str) -> None:
    os.mkfifo(home / "pipe")
    args = {"fs-read": {}, "fs-write": {"data": "u"}, "fs-open": {"mode": "read"}}[tool]
    async with open_arena(tmp_path) as arena:
        said = await say(arena, probe(home), tool, path="/n/pipe", **args)
        assert said == "unsupported: it is a device, a socket or a pipe"


async def test_holders_do_not_reach_each_others_files(home: Path, tmp_path: Path) -> None:
    (tmp_path / "hers").mkdir()
    (tmp_path / "hers/f").write_text("hers")
    hers = holder("her", "probe-fs", f'allow.fs = [{{ path = "/h", at = "{tmp_path}/hers" }}]')
    async with open_arena(tmp_path) as arena:
        assert await say(arena, probe(home) + hers, "fs-read", path="/h/f") == (
            "denied: no grant covers it"
        )


async def test_what_is_renamed_stays_in_its_grant(home: Path, tmp_path: Path) -> None:
    two = ", ".join(
        f'{{ path = "/{name}", at = "{tmp_path}/{name}", write = true }}' for name in ("a", "b")
    )
    (tmp_path / "a").mkdir()
    (tmp_path / "a/f").write_text("a")
    async with open_arena(tmp_path) as arena:
        grants = holder("probe", "probe-fs", f"allow.fs = [{two}]")
        for tool in ("fs-rename", "fs-link"):
            said = await say(arena, grants, tool, **{"from": "/a/f", "to": "/b/f"})
            assert said.startswith("denied: ")
        nested = two.replace('path = "/b"', 'path = "/a/b"')
        grants = holder("probe", "probe-fs", f"allow.fs = [{nested}]")
        said = await say(arena, grants, "fs-rename", **{"from": "/a/f", "to": "/a/b/f"})
        assert said.startswith("unsupported: ")
    assert os.listdir(tmp_path / "a") == ["f"] and os.listdir(tmp_path / "b") == []


@pytest.mark.parametrize("place", ["state", ".", "state/../state"])
async def test_a_manifest_has_no_grant_to_write_the_hosts_own_files(
    tmp_path: Path, place: str
) -> None:
    async with open_arena(tmp_path) as arena:
        with pytest.raises(OperatorError, match="may not be written by a guest"):
            await arena.run(probe(tmp_path / place), call("probe.fs-mounts"))
        beside = tmp_path / "beside"
        assert await say(arena, probe(beside), "fs-mounts") == ["/n"]


@pytest.mark.parametrize("write", [False, True])
@pytest.mark.parametrize("at", ["/proc", "/proc/self", "/proc/self/fd", "/dev/fd", "/sys"])
async def test_the_kernels_own_file_systems_are_granted_to_nobody(
    tmp_path: Path, at: str, write: bool
) -> None:
    """`/proc/self/mem` is lion's memory, `/proc/self/environ` has the operator's secrets."""
    more = "write = true, bytes = '1 MiB', " if write else ""
    line = f'allow.fs = [{{ path = "/d", at = "{at}", {more}follow = true }}]'
    async with open_arena(tmp_path) as arena:
        with pytest.raises(OperatorError, match="the kernel's"):
            await arena.run(holder("probe", "probe-fs", line), call("probe.fs-mounts"))


async def test_what_nobody_may_follow_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    resolve = os.path.realpath

    def refuse(path: Any, **words: Any) -> str:
        if str(path).endswith("/link"):
            raise PermissionError(13, "Permission denied")
        return str(resolve(path, **words))

    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    async with open_arena(tmp_path / "host") as arena:
        monkeypatch.setattr("lion.capabilities.fs.place.os.path.realpath", refuse)
        with pytest.raises(OperatorError, match="cannot be opened"):
            await arena.run(probe(tmp_path / "link"), call("probe.fs-mounts"))


async def test_a_manifest_has_no_grant_to_write_itself(tmp_path: Path) -> None:
    (tmp_path / "work").mkdir()
    text = HEAD + probe(Path()) + call("probe.fs-mounts")
    manifest = tmp_path / "work/manifest.toml"
    manifest.write_text(text)
    async with open_arena(tmp_path) as arena:
        with pytest.raises(OperatorError, match=r"contains '.*manifest.toml'"):
            await arena.host.run(parse_manifest(text, path=manifest))


async def test_the_plugin_files_is_of_use(tmp_path: Path) -> None:
    grant = f'allow.fs = [{{ path = "/notes", at = "{tmp_path}/n", write = true }}]'
    calls = [
        ("mkdir", {"path": "/notes/a/b"}, None),
        ("write", {"path": "/notes/a/b/f", "text": "grüße\n"}, None),
        ("append", {"path": "/notes/a/b/f", "text": "and more\n"}, None),
        ("read", {"path": "/notes/a/b/f"}, "grüße\nand more\n"),
        ("rename", {"from": "/notes/a/b/f", "to": "/notes/a/g"}, None),
        ("list", {"path": "/notes/a"}, ["b", "g"]),
        ("remove", {"path": "/notes/a/b"}, None),
        ("write", {"path": "/notes/large", "text": "x" * 300_000}, None),
        ("read", {"path": "/notes/large"}, "x" * 300_000),
        ("list", {"path": "/notes"}, ["a", "large"]),
        ("mounts", {}, ["/notes"]),
    ]
    async with open_arena(tmp_path) as arena:
        for tool, args, expected in calls:
            report = await arena.run(
                holder("files", "files", grant), call(f"files.{tool}", **args)
            )
            assert only(report).ok, (tool, only(report).value)
            assert only(report).value == expected, tool
            assert (await arena.replay(report.run)).identical
        report = await arena.run(
            holder("files", "files", grant), call("files.stat", path="/notes")
        )
        assert only(report).value["kind"] == "directory"
        report = await arena.run(holder("files", "files", grant), call("files.read", path="/x"))
        assert only(report).value == "denied: no grant covers it"


WRITER = """
import sys, trio
from pathlib import Path
from tests.attack.kit import call, open_arena
from tests.attack.test_fs_attack import probe

async def main(folder):
    async with open_arena(folder) as arena:
        print("ready", flush=True)
        for text in ("old", "new") * 1_000:
            data = text * 20_000 + "u"
            args = {"path": "/n/f", "data": data, "times": 100}
            await arena.run(probe(folder / "home"), call("probe.fs-hammer", **args))

trio.run(main, Path(sys.argv[1]))
"""


@pytest.mark.slow
def test_killed_at_any_moment_a_file_is_the_old_or_the_new_one(home: Path, tmp_path: Path) -> None:
    (home / "f").write_text("old" * 20_000)
    random = Random(7)
    for _ in range(6):
        with subprocess.Popen(
            [sys.executable, "-c", WRITER, str(tmp_path)], stdout=subprocess.PIPE
        ) as writer:
            assert writer.stdout is not None
            assert writer.stdout.readline() == b"ready\n"
            try:
                writer.wait(random.uniform(0.2, 0.5))
            except subprocess.TimeoutExpired:
                writer.send_signal(signal.SIGKILL)
            assert writer.wait() == -signal.SIGKILL
        assert (home / "f").read_text() in ("old" * 20_000, "new" * 20_000)


async def test_what_a_killed_writer_left_is_gone_after_the_next(
    home: Path, tmp_path: Path
) -> None:
    (home / ".lion-tmp-0123").write_text("half")
    async with open_arena(tmp_path) as arena:
        assert await say(arena, probe(home), "fs-list", path="/n", limit=9) == ["d"]
        assert await say(arena, probe(home), "fs-write", path="/n/f", data="u") is None
    assert sorted(os.listdir(home)) == ["d", "f"]
