"""Look here if you want to know that a stranger's folder comes neither to the operator's keys nor
to code in lion, whichever of the guards on the way is taken away but one.
"""

import os
import subprocess
import sys
import sysconfig
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
import trio

from lion.capabilities.fs import guard as fs_guard
from lion.capabilities.fs import roots as fs_roots
from lion.capabilities.secrets import file as secret_file
from lion.capabilities.secrets.vault import Secret
from lion.domain.hidden import Hidden
from lion.errors import OperatorError
from lion.manifest.document import Document
from lion.manifest.parse import parse_manifest
from lion.opening import open_host
from lion.review.report import RunReport
from lion.settings import settings_from
from tests.attack.kit import HEAD, call, holder, only
from tests.attack.test_http_twins import ask
from tests.capabilities.http.hostile_server import Server, open_server
from tests.wasm.kit import cache_directory

ROOT = Path(__file__).parents[2]
KEY = "sk-0123456789-the-operators"


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    """The stranger's, on the loopback."""
    async with open_server() as server:
        yield server


class Operator:
    """Someone with a key in the environment, and a folder of lion's without a secrets.toml, who
    runs what is in a stranger's folder.
    """

    def __init__(self, folder: Path) -> None:
        self.home = folder / "home"
        self.config = self.home / ".config/lion"
        self.stranger = folder / "stranger"
        self.config.mkdir(parents=True)
        self.stranger.mkdir()
        self.environ = {
            "HOME": str(self.home),
            "LION_CACHE": str(cache_directory()),
            "LION_STATE": str(folder / "state"),
            "LION_SECRET_HOSTED": f"api.example.com {KEY}",
        }

    async def run(self, *tables: str) -> RunReport:
        manifest = self.stranger / "manifest.toml"
        manifest.write_text(HEAD + "".join(tables))
        plan = parse_manifest(manifest.read_text(), path=manifest)
        async with open_host(settings_from(self.environ)) as host:
            return await host.run(plan)

    async def first_run(self, server: Server, path: str, more: str = "") -> RunReport:
        """The guest binds the operator's key to the stranger's server."""
        table = f'[hosted]\nhosts = ["{server.url}"]\n'
        grant = f'allow.fs = [{{ path = "/n", at = "notes", write = true{more} }}]'
        write = call("probe.fs-write", path=path, data=f"{table}u")
        return await self.run(holder("probe", "probe-fs", grant), write)

    async def second_run(self, server: Server) -> RunReport:
        """The host sends the key along."""
        grants = f'allow.http = ["GET {server.url}/**"]', 'allow.secrets = ["hosted"]'
        send = call("probe.http-send", question=ask(f"{server.url}/echo"))
        return await self.run(holder("probe", "probe-http", *grants), send)


@pytest.fixture
def operator(tmp_path: Path) -> Operator:
    return Operator(tmp_path)


def nothing(*args: Any) -> None:
    """What is left of a check that is taken away."""


def nowhere(*args: Any) -> tuple[()]:
    """No place is guarded."""
    return ()


def reinterpreted(
    name: str, document: Document, table: dict[str, Any] | None, variable: Hidden | None
) -> Secret | None:
    """A table whose audience takes whatever the variable has for a value, as it once was."""
    bound = None if variable is None else secret_file._of_variable(name, variable, {})
    if bound is None or table is None:
        return bound
    hosts = tuple(map(secret_file.parse_audience, table["hosts"]))
    return msgspec.structs.replace(bound, value=variable, audience=hosts)


GUARDS = {
    "links": (fs_roots, "check_links", nothing),
    "places": (fs_guard, "places_of", nowhere),
    "tables": (secret_file, "_bind", reinterpreted),
}
WAYS = {
    "to lion's folder": ("../home/.config/lion", "/n/secrets.toml"),
    "to the one above": ("../home/.config", "/n/lion/secrets.toml"),
    "to the home": ("../home", "/n/.config/lion/secrets.toml"),
}


def only_with(left: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Take all guards away but one."""
    for name, (module, attribute, instead) in GUARDS.items():
        if name != left:
            monkeypatch.setattr(module, attribute, instead)


def assert_nothing_came(operator: Operator, server: Server) -> None:
    assert not server.seen
    assert os.listdir(operator.config) == []


@pytest.mark.parametrize("way", WAYS)
async def test_the_whole_chain(
    operator: Operator, server: Server, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    target, path = WAYS[way]
    link = operator.stranger / "notes"
    link.symlink_to(target)
    real = operator.stranger.parent / target.removeprefix("../")

    # The link leaves the folder, and nobody said so.
    with pytest.raises(OperatorError, match="by a link out of the manifest's folder") as caught:
        await operator.first_run(server, path)
    assert repr(str(real)) in caught.value.what and "follow = true" in caught.value.hint
    # The stranger says so: then it is what is at the end of it.
    why = r"may not be written by a guest: it contains '.*', where lion looks for the operator's"
    with pytest.raises(OperatorError, match=why) as caught:
        await operator.first_run(server, path, ", follow = true")
    assert repr(str(real)) in caught.value.what
    assert_nothing_came(operator, server)

    with monkeypatch.context() as patch:
        only_with("links", patch)
        with pytest.raises(OperatorError, match="by a link out of the manifest's folder"):
            await operator.first_run(server, path)
        assert_nothing_came(operator, server)
    with monkeypatch.context() as patch:
        only_with("places", patch)
        with pytest.raises(OperatorError, match=why):
            await operator.first_run(server, path)
        assert_nothing_came(operator, server)
    with monkeypatch.context() as patch:
        only_with("tables", patch)
        assert only(await operator.first_run(server, path)).ok
        assert os.listdir(operator.config) == ["secrets.toml"], "the guest wrote it"
        with pytest.raises(OperatorError, match="'hosted' is bound twice") as caught:
            await operator.second_run(server)
        assert "unset LION_SECRET_HOSTED" in caught.value.hint
        assert KEY not in str(caught.value)
        assert not server.seen
    # Without any of them the stranger has the key: so each of the above is what holds.
    with monkeypatch.context() as patch:
        only_with(None, patch)
        assert only(await operator.second_run(server)).ok
        assert KEY in (server.seen[0].header("authorization") or "")


async def test_a_folder_that_is_what_it_seems_still_works(
    operator: Operator, server: Server
) -> None:
    (operator.stranger / "real").mkdir()
    (operator.stranger / "notes").symlink_to("real")
    assert only(await operator.first_run(server, "/n/secrets.toml")).ok
    assert os.listdir(operator.stranger / "real") == ["secrets.toml"]
    report = await operator.second_run(server)
    assert "is not for" in only(report).value and "https://api.example.com" in only(report).value
    assert server.seen == []


@pytest.mark.parametrize(
    ("folder", "name", "words", "why"),
    [
        ("bin", "lion", ["sh", "-c", "lion"], "where commands such as lion are looked for"),
        (".", ".bashrc", ["bash", "-ic", "true"], "where lion looks for|which the shell obeys"),
    ],
)  # fmt: skip
async def test_what_the_shell_runs_is_no_guests(
    operator: Operator,
    folder: str,
    name: str,
    words: list[str],
    why: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    at, ran = operator.home / folder, operator.home / "ran"
    at.mkdir(exist_ok=True)
    (at / name).write_text("#!/bin/sh\n")
    (at / name).chmod(0o755)
    operator.environ["PATH"] = f"{operator.home}/bin:/usr/bin:/bin"

    async def attack() -> None:
        script = f"#!/bin/sh\ntouch {ran}\n"
        grant = f'allow.fs = [{{ path = "/n", at = "{at}", write = true }}]'
        write = call("probe.fs-write", path=f"/n/{name}", data=f"{script}u")
        assert only(await operator.run(holder("probe", "probe-fs", grant), write)).ok

    with pytest.raises(OperatorError, match=why):
        await attack()
    await trio.run_process(words, env=operator.environ, capture_stderr=True)
    assert not ran.exists()
    with monkeypatch.context() as patch:
        patch.setattr(fs_guard, "places_of", nowhere)
        await attack()
    await trio.run_process(words, env=operator.environ, capture_stderr=True)
    assert ran.exists()


PTH = "import pathlib; pathlib.Path({!r}).touch()\n"
TAKEN_AWAY = "import lion.capabilities.fs.guard as g; g.own_code = lambda more=(): (); "
RUN = "import sys; from lion.cli.main import run_command; sys.exit(run_command(['run', {!r}]))"


class Project:
    """A folder with its environment within, from which lion runs."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "project"
        self.ran = folder / "ran"
        self.folder.mkdir()
        venv = [sys.executable, "-m", "venv", "--without-pip", str(self.folder / ".venv")]
        subprocess.run(venv, check=True)
        self.python = self.folder / ".venv/bin/python"
        shown = "import sysconfig; print(sysconfig.get_path('purelib'))"
        self.packages = Path(self.say(shown).stdout.strip())
        self.environ = {
            "HOME": str(folder), "PATH": "/usr/bin:/bin", "LION_CACHE": str(cache_directory()),
            "LION_STATE": str(folder / "state"),
            "PYTHONPATH": os.pathsep.join([str(ROOT), sysconfig.get_path("purelib")]),
        }  # fmt: skip

    def say(self, code: str, **environ: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [self.python, "-P", "-c", code], cwd=self.folder, env=environ, capture_output=True,
            text=True, check=False,
        )  # fmt: skip

    def run(self, at: str, name: str, before: str = "") -> subprocess.CompletedProcess[str]:
        """The guest writes a file into the directory `at`, and every next Python runs it."""
        grant = f'allow.fs = [{{ path = "/n", at = "{at}", write = true }}]'
        write = call("probe.fs-write", path=f"/n/{name}", data=PTH.format(str(self.ran)) + "u")
        manifest = self.folder / "manifest.toml"
        manifest.write_text(HEAD + holder("probe", "probe-fs", grant) + write)
        return self.say(before + RUN.format(str(manifest)), **self.environ)


def test_a_pth_file_is_code_in_lion(tmp_path: Path) -> None:
    project = Project(tmp_path)
    at = str(project.packages.relative_to(project.folder))
    refused = project.run(at, "evil.pth")
    assert refused.returncode == 2, refused.stderr
    assert "may not be written by a guest: it " in refused.stderr
    assert "where this Python has its own code" in refused.stderr
    assert os.listdir(project.packages) == []
    assert project.run(".venv", "evil.pth").returncode == 2
    assert project.run(".", "evil.pth").returncode == 2

    fine = project.run("notes", "evil.pth")
    assert fine.returncode == 0, fine.stderr
    assert os.listdir(project.folder / "notes") == ["evil.pth"]
    project.say("pass")
    assert not project.ran.exists()

    # With the guard taken away the guest's line is run by the next Python.
    assert project.run(at, "evil.pth", TAKEN_AWAY).returncode == 0
    project.say("pass")
    assert project.ran.exists()


def test_a_folder_in_the_path_of_python_is_code_in_lion(tmp_path: Path) -> None:
    """`sitecustomize` is imported wherever on the path it is."""
    project = Project(tmp_path)
    project.environ["PYTHONPATH"] += os.pathsep + str(project.folder)
    refused = project.run("sitecustomize", "__init__.py")
    assert refused.returncode == 2 and "where Python looks for modules" in refused.stderr
    assert project.run("notes", "__init__.py").returncode == 0
    project.say("pass", **project.environ)
    assert not project.ran.exists() and not (project.folder / "sitecustomize").exists()

    assert project.run("sitecustomize", "__init__.py", TAKEN_AWAY).returncode == 0
    project.say("pass", **project.environ)
    assert project.ran.exists()
