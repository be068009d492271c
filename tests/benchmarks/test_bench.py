"""Look here if you want to know that the bench runs and writes what it promises."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.contests import CONTESTS
from benchmarks.goals import GOALS, judge
from benchmarks.measure import Times
from benchmarks.page import GOALS as PAGE_GOALS
from benchmarks.service import GOALS as SERVICE_GOALS
from tests.page.desk import BROWSER

ROOT = Path(__file__).parents[2]
ONE = "host_call_text"
OUTSIDE = ("fs_write", "fs_read", "fs_write_bytes", "fs_read_bytes", "http", "tokens")


def test_a_quick_bench_prints_its_goals_and_writes_the_same_figures(tmp_path: Path) -> None:
    """One cheap contest as a person would run it."""
    file = tmp_path / "bench.json"
    words = ["benchmarks/run.py", "--quick", "--only", ONE, "--json", str(file)]
    done = subprocess.run([sys.executable, *words], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    found = json.loads(file.read_text("utf-8"))
    assert set(found) == {
        "machine", "rounds", "quick", "contests", "goals",
        "recorded_call_us", "start_ms", "guest_start_ms", "log", "agent_kib",
    }  # fmt: skip
    assert {"python", "system", "cores", "wasmtime", "extism"} <= set(found["machine"])
    contest = found["contests"][ONE]
    assert set(contest) == {"title", "note", "ratios", "contestants"}
    assert next(iter(contest["contestants"])) == "lion"
    assert {"lion", "wasmtime-py"} <= set(contest["contestants"])
    for times in contest["contestants"].values():
        assert 0 < times["best_us"] <= times["median_us"]
    lion, other = (contest["contestants"][name]["best_us"] for name in ("lion", "wasmtime-py"))
    assert contest["ratios"]["wasmtime-py"] == pytest.approx(lion / other)
    assert contest["title"] in done.stdout
    for goal in found["goals"].values():
        assert goal["title"] in done.stdout


@pytest.mark.slow
def test_what_log_and_policy_take_is_told_of_files_servers_and_models(tmp_path: Path) -> None:
    """A real server, a real guest, and what others would use, in one run."""
    file = tmp_path / "bench.json"
    words = ["benchmarks/run.py", "--quick", "--only", "http", "--json", str(file)]
    done = subprocess.run([sys.executable, *words], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    contest = json.loads(file.read_text("utf-8"))["contests"]["http"]
    assert list(contest["contestants"]) == ["lion", "no log", "no policy", "httpx2"]
    assert set(contest["shares"]) == {"log", "policy"}
    assert all(0 <= share < 1 for share in contest["shares"].values())
    assert "of lion's time: log " in done.stdout
    for contest in CONTESTS:
        assert bool(contest.shares) == (contest.name in OUTSIDE), contest.name


def test_an_unknown_contest_is_refused_with_the_known_ones() -> None:
    done = subprocess.run(
        [sys.executable, "benchmarks/run.py", "--only", "nothing"],
        cwd=ROOT, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 2
    assert ONE in done.stderr


def test_every_goal_belongs_to_a_contest() -> None:
    assert {goal.contest for goal in GOALS} <= {contest.name for contest in CONTESTS}


def test_a_goal_is_judged_by_the_best_time_and_needs_its_opponent() -> None:
    fast, slow = Times(median=9_000.0, best=1_000.0), Times(median=2_000.0, best=2_000.0)
    (verdict,) = judge({ONE: {"lion": fast, "extism": slow}})
    assert (verdict.figure, verdict.is_met) == (0.5, True)
    (verdict,) = judge({ONE: {"lion": slow, "extism": fast}})
    assert (verdict.figure, verdict.is_met) == (2.0, False)
    assert judge({ONE: {"lion": fast}}) == []


@pytest.mark.slow
def test_a_service_is_measured(tmp_path: Path) -> None:
    file = tmp_path / "service.json"
    words = ["benchmarks/service.py", "--quick", "--json", str(file)]
    done = subprocess.run([sys.executable, *words], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    found = json.loads(file.read_text("utf-8"))
    assert set(SERVICE_GOALS) <= set(found)
    assert all(value > 0 for value in found.values())
    assert found["decision, ms"] < SERVICE_GOALS["decision, ms"]


@pytest.mark.slow
@pytest.mark.skipif(BROWSER is None, reason="no Chromium is installed")
def test_the_page_is_measured(tmp_path: Path) -> None:
    file = tmp_path / "page.json"
    words = ["benchmarks/page.py", "--quick", "--json", str(file)]
    done = subprocess.run([sys.executable, *words], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    found = json.loads(file.read_text("utf-8"))
    assert set(PAGE_GOALS) <= set(found)
    assert all(value > 0 for value in found.values())
    assert found["of all tokens seen"] == 1.0
