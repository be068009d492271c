"""Runs are forgotten: what they recorded is gone, what others need stays, and that they were there
can still be shown.
"""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
import trio

from lion.log.forget import forget
from lion.log.sqlite import open_sqlite_log, open_sqlite_reader
from lion.log.sqlite_schema import LOG_NAME
from tests.cli.kit import WASM, Lion, assert_one_line
from tests.log.rig import draft, finished, started
from tests.log.test_log_processes import read_line, writing

SECRET = "what nobody shall read again"


def call(lion: Lion, name: str, component: str = "hello") -> str:
    """A run of one call; its id."""
    words = ("call", WASM / f"{component}.wasm", "greet", f'{{"name": "{name}"}}')
    assert lion(*words).returncode == 0
    return str(lion.json("runs")[-1]["run"])


def ids(lion: Lion) -> list[str]:
    return [one["run"] for one in lion.json("runs")]


def test_what_it_recorded_is_gone_and_what_is_left_is_shown(lion: Lion) -> None:
    assert lion("keygen").returncode == 0
    first, second = call(lion, SECRET * 200), call(lion, "Ann")  # so long, it is not packed
    head = lion.json("verify", first)["head"]
    assert any(SECRET.encode() in path.read_bytes() for path in lion.state.glob("log.sqlite*"))
    result = lion("forget", first)
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.startswith(f"forgotten  {first[:8]}  hello, ")
    assert ids(lion) == [second]
    assert not any(SECRET.encode() in path.read_bytes() for path in lion.state.glob("log.sqlite*"))
    for command in ("log", "verify", "replay", "audit"):
        assert_one_line(
            lion(command, first[:8]), 2, "was forgotten", f"sha256:{head}", "lion log log"
        )
    assert lion("verify", second, "--signed").returncode == 0
    assert lion("replay", second).returncode == 0
    own = lion("log", "log").stdout
    assert f"run {first} of hello" in own
    assert " counted " not in own  # Nothing is kept in kv.
    report = lion.json("verify", "log")
    assert (report["signed"], report["records"]) == (3, 4)  # the last one is the signature
    with closing(sqlite3.connect(lion.state / LOG_NAME)) as connection, connection:
        connection.execute("UPDATE runs SET records = 2 WHERE run = 'log'")
    assert_one_line(lion("verify", second), 5, "run log does not verify")


def test_what_guests_keep_stays_and_is_still_proved(lion: Lion, tmp_path: Path) -> None:
    manifest = lion.write(f"""
name = "desk"
[plugins.notebook]
component = "{WASM}/notebook.wasm"
allow.kv = {{ bytes = "64 KiB" }}
[[run]]
call = "notebook.write"
with = {{ title = "a", text = "ours" }}
""")
    assert lion("run", manifest).returncode == 0
    before = lion.json("kv", "list")
    second = call(lion, "Ann")
    assert lion("forget", "--keep", "1").returncode == 0
    assert lion.json("kv", "list") == before
    assert lion("verify", second).returncode == 0
    with closing(sqlite3.connect(lion.state / LOG_NAME)) as connection, connection:
        connection.execute("UPDATE kv SET value = 'x'")
    assert_one_line(lion("verify", second), 5, "what is kept in")


def test_a_log_whose_stores_were_changed_is_not_counted_anew(lion: Lion) -> None:
    """Or to forget would make them what they seem."""
    manifest = lion.write(f"""
name = "desk"
[plugins.notebook]
component = "{WASM}/notebook.wasm"
allow.kv = {{ bytes = "64 KiB" }}
[[run]]
call = "notebook.write"
with = {{ title = "a", text = "ours" }}
""")
    assert lion("run", manifest).returncode == 0
    with closing(sqlite3.connect(lion.state / LOG_NAME)) as connection, connection:
        connection.execute("UPDATE kv SET value = 'x'")
    assert_one_line(lion("forget", "last"), 5, "what is kept in")
    assert len(ids(lion)) == 1


def blobs(lion: Lion) -> int:
    with closing(sqlite3.connect(lion.state / LOG_NAME)) as connection:
        return int(connection.execute("SELECT count(*) FROM blobs").fetchone()[0])


def test_bytes_go_when_no_run_needs_them(lion: Lion) -> None:
    first, second = call(lion, "Ann"), call(lion, "Bob")
    assert lion("call", WASM / "calculator.wasm", "add", '{"a": 1, "b": 2}').returncode == 0
    assert blobs(lion) == 2
    assert lion("forget", first).returncode == 0
    assert blobs(lion) == 2
    assert lion("replay", second).returncode == 0
    assert lion("forget", second).returncode == 0
    assert blobs(lion) == 1
    assert lion("replay", "last").returncode == 0


async def long_beginning(directory: Path) -> None:
    """A run whose beginning lies elsewhere, since it is large, and names a component."""
    async with open_sqlite_log(directory) as log:
        for run in ("large", "other"):
            await log.start_run(run, "hello")
            component = await log.put_blob(b"component" * 500)
            many = {f"guide-{n}": component for n in range(100)}
            log.append(started(many if run == "large" else {}, run=run))
            log.append(finished(run=run))


def test_components_that_a_large_beginning_names_stay(lion: Lion) -> None:
    trio.run(long_beginning, lion.state)
    assert lion("forget", "other").returncode == 0
    assert blobs(lion) == 2
    assert lion("verify", "large").returncode == 0


def test_a_run_that_goes_on_is_not_forgotten_and_all_bytes_stay_meanwhile(lion: Lion) -> None:
    first = call(lion, "Ann")
    with writing(lion.state, "theirs", "forever") as process:
        assert [read_line(process) for _ in range(2)] == ["started", "1"]
        assert_one_line(lion("forget", "theirs"), 2, f"process {process.pid} (", "still alive")
        assert lion("forget", "--keep", "0").returncode == 0
        assert ids(lion) == ["theirs"]
        assert blobs(lion) >= 1
        process.kill()
        process.wait()
    assert lion("verify", "theirs").returncode == 0
    assert_one_line(lion("log", first), 2, "was forgotten")
    assert lion("forget", "theirs").returncode == 0
    assert (blobs(lion), ids(lion)) == (0, [])
    assert not list((lion.state / "runs").glob("*.lock"))


async def test_bytes_that_a_run_is_about_to_need_stay(tmp_path: Path) -> None:
    """Its components are in the log before its first record names them."""
    async with open_sqlite_log(tmp_path) as log:
        await log.start_run("first", "hello")
        log.append(finished(run="first"))
        await log.start_run("second", "hello")
        component = await log.put_blob(b"component" * 500)
        await trio.to_thread.run_sync(forget, tmp_path, ["first"], None)
        log.append(started({"guide": component}, run="second"))
        log.append(finished(run="second"))
    with open_sqlite_reader(tmp_path) as reader:
        assert reader.verify("second").finished


def test_runs_are_chosen_by_age_and_number(lion: Lion) -> None:
    every = [call(lion, name) for name in ("a", "b", "c")]
    assert len(lion("forget", "--keep", "2", "--dry-run").stdout.splitlines()) == 1
    assert lion.json("forget", "--before", "2001-01-01", "--dry-run") == {"runs": []}
    assert lion.json("forget", "--before", "2999-01-01T00:00:00Z", "--dry-run") == {"runs": every}
    both = lion.json("forget", "--before", "2999-01-01", "--keep", "1", "--dry-run")
    assert both == {"runs": every[:2]}
    assert ids(lion) == every
    assert lion.json("forget", "--keep", "1")["runs"] == every[:2]
    assert ids(lion) == every[2:]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "no run is named"), (("--before", "soon"), "is no date"), (("x",), "no run 'x'"),
        (("last", "--keep", "1"), "not both"), (("--keep", "-1"), "--keep"),
    ],
)  # fmt: skip
def test_bad_words_are_one_clear_error(lion: Lion, words: tuple[str, ...], said: str) -> None:
    run = call(lion, "Ann")
    assert_one_line(lion("forget", *words), 2, said)
    assert ids(lion) == [run]


def test_verdicts_and_locks_go_too(lion: Lion) -> None:
    run = call(lion, "Ann")
    assert lion("verify").returncode == 0
    assert run in (lion.state / "verified.jsonl").read_text()
    (lion.state / "runs" / f"{run}.lock").touch()  # as an older lion left them
    assert lion("forget", run).returncode == 0
    assert run not in (lion.state / "verified.jsonl").read_text()
    assert not list((lion.state / "runs").glob("*.lock"))


def test_a_damaged_run_is_forgotten_and_its_damage_told(lion: Lion) -> None:
    run, other = call(lion, "Ann"), call(lion, "Bob")
    with closing(sqlite3.connect(lion.state / LOG_NAME)) as connection, connection:
        connection.execute("UPDATE runs SET started_ns = 1 WHERE run = ?", (run,))
    assert lion("forget", run).returncode == 0
    with open_sqlite_reader(lion.state) as reader:
        fault = [r.event().fault for r in reader.records("log") if r.type == "RunForgotten"]
    assert "gives another beginning" in fault[0]
    assert lion("verify", other).returncode == 0


def test_the_log_gets_smaller(lion: Lion) -> None:
    async def write() -> None:
        async with open_sqlite_log(lion.state) as log:
            await log.start_run("big", "hello")
            for _ in range(400):
                log.append(draft("x" * 3_000, run="big"))
            log.append(finished(run="big"))

    trio.run(write)
    before = (lion.state / LOG_NAME).stat().st_size
    call(lion, "Ann")
    assert lion("forget", "big").returncode == 0
    assert (lion.state / LOG_NAME).stat().st_size < before / 4
    shutil.rmtree(lion.state)
