"""A damaged log: exit code 5 and what to do, never a bug in lion; other runs stay readable, and
what verifies is saved.
"""

import random
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from lion.log.sqlite_schema import LOG_NAME
from tests.cli.kit import WASM, Lion, assert_one_line, tour
from tests.log.test_log_processes import read_line, writing
from tests.series import times

COMMANDS = (
    ("runs",), ("runs", "--json"), ("log",), ("log", "--json"), ("verify",), ("audit",),
    ("export",), ("kv", "list"), ("state",), ("state", "repair", "--dry-run"), ("log", "log"),
)  # fmt: skip
TABLES = ("runs", "segments", "kv", "kv_usage", "budgets", "blobs")
VALUES = (None, -1, 2**63 - 1, -(2**63), "x", b"\xff\xfe", 1.5, "\x1b[31m", b"", "a\0b")
PAGE = 4096


@pytest.fixture(scope="module")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with a log of two runs, signed, where something is kept."""
    lion = Lion(tmp_path_factory.mktemp("pristine"))
    assert lion("keygen").returncode == 0
    keep = '[[run]]\ncall = "notebook.write"\nwith = { title = "a", text = "ours" }\n'
    assert lion("run", lion.write(tour(task="x" * 3_000) + keep)).returncode == 0
    assert lion("call", WASM / "hello.wasm", "greet", '{"name": "Ann"}').returncode == 0
    return lion.folder


@pytest.fixture
def copy(pristine: Path, tmp_path: Path) -> Lion:
    shutil.copytree(pristine, tmp_path / "home")
    return Lion(tmp_path / "home")


def ids(lion: Lion) -> list[str]:
    return [one["run"] for one in lion.json("runs")]


def execute(lion: Lion, statement: str, *values: object) -> None:
    with closing(sqlite3.connect(lion.state / LOG_NAME)) as connection, connection:
        connection.execute(statement, values)


def flip(log: Path, chance: random.Random) -> str:
    data = bytearray(log.read_bytes())
    places = [chance.randrange(len(data)) for _ in range(chance.choice((1, 1, 5, 50)))]
    if chance.random() < 0.3:  # the first page tells of all others
        places = [at % PAGE for at in places]
    for at in places:
        data[at] ^= 1 << chance.randrange(8)
    log.write_bytes(data)
    return f"flipped at {places}"


def fill(log: Path, chance: random.Random) -> str:
    data = bytearray(log.read_bytes())
    page = chance.randrange(len(data) // PAGE)
    data[page * PAGE : (page + 1) * PAGE] = chance.choice((bytes(PAGE), chance.randbytes(PAGE)))
    log.write_bytes(data)
    return f"filled page {page}"


def truncate(log: Path, chance: random.Random) -> str:
    size = chance.randrange(log.stat().st_size)
    with log.open("r+b") as file:
        file.truncate(size)
    return f"truncated to {size}"


def garble(log: Path, chance: random.Random) -> str:
    table, value = chance.choice(TABLES), chance.choice(VALUES)
    with closing(sqlite3.connect(log)) as connection:
        names = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
        name = chance.choice(names)
        statement = f'UPDATE OR IGNORE {table} SET "{name}" = ?'
        try:
            with connection:
                connection.execute(statement, (value,))
        except sqlite3.IntegrityError:
            return "nothing"
    return f"{statement} {value!r}"


@pytest.mark.parametrize("seed", range(times(80, sample=24)))
def test_whatever_happened_to_the_file_is_told_and_is_no_bug(copy: Lion, seed: int) -> None:
    chance = random.Random(seed)
    damage = (flip, fill, truncate, garble)[seed % 4]
    what = damage(copy.state / LOG_NAME, chance)
    for words in chance.sample(COMMANDS, 4):
        result = copy(*words)
        said = f"{what}: {words}: {result.returncode} {result.stdout} {result.stderr}"
        assert "bug in lion" not in said
        assert "Traceback" not in said
        if result.returncode == 2:  # of a file that is empty, or a list of no runs
            assert "no runs yet" in said or "there is no run" in said, said
        else:
            assert result.returncode in (0, 5), said
        if result.returncode == 5 and "--dry-run" not in words:
            assert "state repair" in said, said


def test_a_damaged_run_leaves_the_other_readable(copy: Lion) -> None:
    first, second = ids(copy)
    execute(
        copy,
        "UPDATE segments SET data = zeroblob(99) WHERE run = (SELECT id FROM runs WHERE run = ?)",
        first,
    )
    assert_one_line(copy("verify", first), 5, first, "lion state repair")
    assert copy("log", second).returncode == 0
    audit = copy("audit", second)
    assert audit.returncode == 0
    assert f"not where run {second} lies: " in audit.stderr
    assert f"run {first} was changed at record " in audit.stderr
    assert "lion state repair" in audit.stderr
    log = copy("log", first)
    assert log.returncode == 5
    assert "    damaged: run " in log.stdout
    assert [one["state"] for one in copy.json("runs")] == ["ended", "ended"]
    assert " damaged at 1 " in copy("runs").stdout


def damage_page(copy: Lion, run: str) -> None:
    """Fill a page that only this run's largest row lies on."""
    with closing(sqlite3.connect(copy.state / LOG_NAME)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        (data,) = connection.execute(
            "SELECT data FROM segments WHERE run = (SELECT id FROM runs WHERE run = ?) "
            "ORDER BY length(data) DESC LIMIT 1", (run,),
        ).fetchone()  # fmt: skip
    assert len(data) > 2 * PAGE  # so that it has pages of its own
    log = copy.state / LOG_NAME
    whole = log.read_bytes()
    page = whole.index(data[PAGE : PAGE + 64]) // PAGE
    log.write_bytes(whole[: page * PAGE] + bytes(PAGE) + whole[(page + 1) * PAGE :])


def test_a_damaged_page_is_the_damage_of_its_run_alone(copy: Lion) -> None:
    first, second = ids(copy)
    damage_page(copy, first)
    for command in ("verify", "audit"):
        assert_one_line(copy(command, first), 5, first, "lion state repair")
    assert_one_line(copy("replay", first), 5, first)
    for command in ("verify", "audit", "replay", "log", "export"):
        result = copy(command, second)
        assert result.returncode == 0, (command, result.stderr)
        assert (f"not where run {second} lies" in result.stderr) == (command != "log")
    assert copy.json("verify", second)["damage"]
    look = copy("state", "repair", "--dry-run")
    assert f"damaged  run {first}: " in look.stdout
    assert f"ok       run {second}: " in look.stdout


def test_a_run_whose_listing_makes_no_sense_is_listed_as_damaged(copy: Lion) -> None:
    first, second = ids(copy)
    execute(copy, "UPDATE runs SET records = 'many' WHERE run = ?", first)
    assert [one["state"] for one in copy.json("runs")] == ["damaged", "ended"]
    assert " damaged  " in copy("runs").stdout
    assert copy("log", second).returncode == 0
    assert_one_line(copy("verify", first), 5, first)


def test_what_verifies_is_saved_and_the_rest_kept_aside(copy: Lion) -> None:
    first, second = ids(copy)
    kept = copy.json("kv", "list")
    head = copy.json("verify", second)["head"]
    execute(copy, "UPDATE runs SET started_ns = 1 WHERE run = ?", first)
    execute(copy, "CREATE TRIGGER planted AFTER INSERT ON kv BEGIN DELETE FROM segments; END")
    look = copy("state", "repair", "--dry-run")
    assert look.returncode == 5
    assert f"damaged  run {first}: " in look.stdout
    assert f"ok       run {second}: " in look.stdout
    assert ids(copy) == [first, second]
    done = copy("state", "repair")
    assert (done.returncode, done.stderr) == (0, "")
    assert ids(copy) == [second]
    report = copy.json("verify", second)
    assert (report["head"], report["signed"]) == (head, report["records"])
    assert copy("replay", second).returncode == 0
    assert copy.json("kv", "list") == kept
    assert copy("verify", "log").returncode == 0
    assert f"run {first} of " in copy("log", "log").stdout
    (aside,) = (copy.state / "damaged").iterdir()
    assert copy("log", first, "--state", aside).returncode == 5
    # The new log goes on.
    assert copy("call", WASM / "hello.wasm", "greet", '{"name": "Bob"}').returncode == 0
    assert copy("verify").returncode == 0
    assert copy("state", "repair", "--dry-run").returncode == 0
    assert not [path for path in copy.state.iterdir() if path.name.endswith(".new")]


def test_stores_that_were_changed_are_not_taken_over(copy: Lion) -> None:
    assert copy.json("kv", "list")
    execute(copy, "UPDATE kv SET value = 'x'")
    done = copy("state", "repair")
    assert "damaged  what guests keep in " in done.stdout
    assert copy.json("kv", "list") == []
    assert len(ids(copy)) == 2
    assert copy("verify").returncode == 0


def test_a_log_of_which_nothing_can_be_read(copy: Lion) -> None:
    (copy.state / LOG_NAME).write_bytes(b"SQLite format 3\0" + bytes(9_000))
    before = (copy.state / LOG_NAME).read_bytes()
    for words in (("state", "repair"), ("state", "repair", "--dry-run")):
        assert_one_line(copy(*words), 5, "nothing of the log can be read", "restore it")
    assert (copy.state / LOG_NAME).read_bytes() == before
    assert copy("state").returncode == 0


def test_a_log_that_is_being_written_is_not_repaired(lion: Lion) -> None:
    with writing(lion.state, "theirs", "forever") as process:
        assert [read_line(process) for _ in range(2)] == ["started", "1"]
        assert_one_line(lion("state", "repair"), 2, "theirs is still being written")
        process.kill()
        process.wait()
    assert lion("state", "repair").returncode == 0
    assert lion("verify", "theirs").returncode == 0


def test_a_backup_is_a_log(copy: Lion, tmp_path: Path) -> None:
    target = tmp_path / "elsewhere" / LOG_NAME
    target.parent.mkdir()
    assert copy("backup", target).returncode == 0
    assert target.stat().st_mode & 0o777 == 0o600
    assert_one_line(copy("backup", target), 2, "is there already")
    for words in (("verify", "--signed"), ("replay",), ("log", "--json"), ("kv", "list")):
        ours, theirs = copy(*words), copy(*words, "--state", target.parent)
        assert theirs.returncode == 0
        assert words == ("replay",) or ours.stdout == theirs.stdout
    assert_one_line(copy("backup", tmp_path / "no" / "where"), 2, "cannot be written")
    assert [path.name for path in tmp_path.rglob("*.part")] == []


def test_a_log_is_copied_while_it_is_written(lion: Lion, tmp_path: Path) -> None:
    target = tmp_path / "elsewhere" / LOG_NAME
    target.parent.mkdir()
    with writing(lion.state, "theirs", "forever") as process:
        told = [read_line(process) for _ in range(40)]
        assert lion("backup", target).returncode == 0
        process.kill()
        process.wait()
    assert lion("verify", "theirs", "--state", target.parent).returncode == 0
    (run,) = lion.json("runs", "--state", target.parent)
    assert run["state"] == "interrupted"
    assert run["records"] >= int(told[-1])
