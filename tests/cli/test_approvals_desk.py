"""The research desk with a line more: the keepers' diary is asked for, approved once, and read."""

import importlib.util
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.cli.kit import ROOT, SECONDS, Lion

DESK = ROOT / "examples" / "research-desk"
OLD = 'allow.http = ["GET ${web}/park/**"]'
NEW = 'allow.http = ["GET ${web}/park/**", "GET ${web}/staff/**"]\nask = ["http GET **/staff/**"]'


@pytest.fixture
def desk(lion: Lion) -> Path:
    """The manifest of the desk elsewhere, with `ask`, and a model that speaks fast."""
    answers = (DESK / "answers.toml").read_text("utf-8")
    fast = re.sub(r'^(every|first) = ".*"$', r'\1 = "1 ms"', answers, flags=re.MULTILINE)
    lion.write(fast, "answers.toml")
    text = (DESK / "manifest.toml").read_text("utf-8")
    assert text.count(OLD) == 1
    return lion.write(text.replace(OLD, NEW).replace("../../plugins-wasm", f"{ROOT}/plugins-wasm"))


@pytest.fixture
def web() -> Iterator[str]:
    spec = importlib.util.spec_from_file_location("lion_desk_script", DESK / "desk.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    with module.small_web(0) as url:
        yield url


@contextmanager
def running(lion: Lion, desk: Path, web: str) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [sys.executable, "-m", "lion", "run", str(desk), "--set", f"web={web}"], cwd=lion.folder,
        env=lion.environ, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, encoding="utf-8",
    ) as process:  # fmt: skip
        try:
            yield process
        finally:
            process.kill()


def asked(process: subprocess.Popen[str]) -> str:
    """The id of the one request that the run says waits."""
    assert process.stderr is not None
    return next(line.split()[3] for line in process.stderr if "lion approve" in line)


def explained(lion: Lion, target: str) -> str:
    """What the log says of the request for a page."""
    records = map(json.loads, lion("log", "last", "--json").stdout.splitlines())
    seqs = [one["seq"] for one in records if one["event"].get("target", "").endswith(target)]
    return lion("explain", "last", str(seqs[0])).stdout


def test_the_diary_is_asked_for_approved_once_and_read(lion: Lion, desk: Path, web: str) -> None:
    with running(lion, desk, web) as process:
        id = asked(process)
        (request,) = map(json.loads, lion("approvals", "--json").stdout.splitlines())
        assert request["target"] == f"GET {web}/staff/diary.html"
        assert request["chain"] == ["ann", "fetcher"]
        assert request["grant"].endswith(f'"GET {web}/staff/**"]')
        assert lion("approve", id).returncode == 0
        out, _ = process.communicate(timeout=SECONDS)
    assert process.returncode == 0 and "chicken" in out and ", 0 denied," in out
    said = explained(lion, "/staff/diary.html")
    assert "allow by approval by" in said
    assert 'to be asked by plugins.fetcher.ask "http GET **/staff/**"' in said
    assert "manifest.toml" in said and "completed" in said
    assert lion("replay", "last").returncode == 0
    assert lion("approvals", "--json").stdout == "", "used up"


def test_refused_it_ends_as_without_the_grant(lion: Lion, desk: Path, web: str) -> None:
    with running(lion, desk, web) as process:
        assert lion("refuse", asked(process), "the diary is private").returncode == 0
        out, _ = process.communicate(timeout=SECONDS)
    assert process.returncode == 0 and "I was not allowed to read the keepers' diary" in out
    assert "refused it: the diary is private" in out
    said = explained(lion, "/staff/diary.html")
    assert "deny by approval by" in said and "refused it: the diary is private" in said
