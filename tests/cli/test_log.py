"""`lion log` is for people: a line each that fits, calls with their names, and what is wrong on
top.
"""

import re
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
import trio

from lion.cli.columns import columns_of
from lion.domain.call import Status, Verdict
from lion.domain.events import CallFinished, CallRequested, Event
from lion.log.sqlite import open_sqlite_log
from tests.cli.kit import ROOT, Lion, assert_one_line
from tests.log.rig import RUN, draft, finished, line

LINE = re.compile(r" *\d+ [\d:.]{12} [a-z-]+ +(.*)")
"""A line below the top: number, time, holder, and the rest."""


def intent(target: str = "https://a.io/x", verdict: Verdict = Verdict.ALLOW) -> Event:
    return CallRequested(
        capability="http", operation="send", target=target, args=[target], verdict=verdict,
        reason="granted", decided_by="grants",
    )  # fmt: skip


def outcome(case: str = "unavailable", text: str = "connection refused") -> Event:
    return CallFinished(status=Status.FAILED, value=["err", [case, text]])


def record(lion: Lion, *events: tuple[int, Event], ends: bool = True, run: str = RUN) -> None:
    """A run of these events, by the numbers of their calls."""

    async def write() -> None:
        async with open_sqlite_log(lion.state) as log:
            await log.start_run(run, "desk")
            for call, event in events:
                log.append(draft(run=run, call=call, event=event))
            if ends:
                log.append(finished(run=run))

    trio.run(write)


def shown(lion: Lion, *words: str) -> list[str]:
    """The lines below the top: without number, time and holder."""
    result = lion("log", *words)
    assert result.returncode == 0, result.stderr
    found = map(LINE.fullmatch, result.stdout.splitlines())
    return [one[1] for one in found if one]


CALL = "failed    http.send https://a.io/x -> unavailable: connection refused"


def test_a_finished_call_names_its_call_and_why(lion: Lion) -> None:
    record(lion, (1, intent()), (1, outcome()))
    assert shown(lion)[1] == CALL


def test_its_tail_does_too_though_the_intent_is_not_in_it(lion: Lion) -> None:
    record(lion, (1, intent()), *[(0, line(f"{n}")) for n in range(500)], (1, outcome()))
    assert shown(lion, "last", "--tail", "2") == [CALL, "ends      exit 0; 0 calls, 0 denied"]


@pytest.mark.parametrize("text", ["x" * 500, "獅" * 500, "\x1b[31m\u202e" * 90, "a\tb\n" * 200])
def test_a_line_takes_no_more_than_100_columns(lion: Lion, text: str) -> None:
    record(
        lion,
        (0, line(text)), (1, intent(text)), (1, outcome(text=text)), (2, intent(text)),
        (2, CallFinished(status=Status.COMPLETED, value=["ok", text])), (3, intent()),
        (3, CallFinished(status=Status.DENIED, value=["err", ["denied", text]], reason=text)),
    )  # fmt: skip
    lines = lion("log").stdout.splitlines()
    assert max(sum(map(columns_of, one)) for one in lines) <= 100
    assert [
        one for one in lines if " failed " in one and "http.send" in one and "unavailable: " in one
    ]
    assert "\x1b" not in "".join(lines)


def test_the_tour_fits_and_says_who_was_denied(recorded: Lion) -> None:
    result = recorded("log")
    assert max(map(len, result.stdout.splitlines())) <= 100
    (denied,) = shown(recorded, "last", "--denied")
    assert denied.startswith("denied    tools.call notebook.remove -> by grants: no grant")


def test_equal_lines_are_folded(lion: Lion) -> None:
    record(lion, *[(0, line("again"))] * 40, (0, line("else")), *[(0, line("again"))] * 2)
    lines = [one[4:] for one in lion("log").stdout.splitlines()[3:]]
    start = "22:13:20.000 guide        "
    assert lines == [
        f"{start}host      info: again", "… 39 more of the same, to 40 at 22:13:20.000",
        f"{start}host      info: else", f"{start}host      info: again",
        "… once more of the same, to 43 at 22:13:20.000",
        f"{start}ends      exit 0; 0 calls, 0 denied",
    ]  # fmt: skip
    assert len(lion("log", "--json").stdout.splitlines()) == 44


def test_many_equal_lines_say_now_and_then_that_they_go_on(lion: Lion) -> None:
    record(lion, *[(0, line("again"))] * 25_000)
    lines = lion("log").stdout.splitlines()
    assert [one.strip()[:13] for one in lines if "…" in one] == [
        "… 10,000 more", "… 10,000 more", "… 4,997 more ",
    ]  # fmt: skip


FILTERS: Sequence[tuple[Sequence[str], int]] = (
    (["--holder", "notebook"], 8), (["--holder", "nobody"], 0),
    (["--holder", "notebook", "--holder", "hello"], 13),
    (["--capability", "kv"], 3), (["--capability", "kv.set"], 1),
    (["--type", "AgentSpawned"], 2), (["--type", "agentspawned"], 2), (["--type", "task"], 2),
    (["--type", "task", "--holder", "ann"], 1),
    (["--text", "SOME sums", "--type", "task"], 1),
    (["--denied"], 1), (["--denied", "--holder", "bob"], 0),
)  # fmt: skip


@pytest.mark.parametrize(("words", "count"), FILTERS, ids=str)
def test_what_is_asked_for_is_shown_and_nothing_else(
    recorded: Lion, words: Sequence[str], count: int
) -> None:
    every = recorded("log", "--json").stdout.splitlines()
    some = recorded("log", "--json", *words).stdout.splitlines()
    assert set(some) <= set(every)
    assert len(some) == count


def test_a_type_that_is_none_is_told_with_the_nearest(recorded: Lion) -> None:
    assert_one_line(recorded("log", "--type", "CalFinished"), 2, "did you mean 'CallFinished'?")
    assert_one_line(recorded("log", "--open", "--follow"), 2, "cannot be followed")
    assert_one_line(recorded("log", "--tail", "-1"), 2, "--tail")


def test_calls_without_an_outcome_of_a_run_that_was_cut(lion: Lion) -> None:
    record(
        lion, (1, intent("https://a/")), (2, intent("https://b/")), (1, outcome()),
        (3, intent("https://c/")), ends=False,
    )  # fmt: skip
    lines = lion("log").stdout.splitlines()
    assert "interrupted, 4 records" in lines[1]
    assert "its process is gone and wrote no ending; what was under way then: --open" in lines[2]
    assert shown(lion, "last", "--open") == [
        "intent    http.send https://b/ -> allow: granted",
        "intent    http.send https://c/ -> allow: granted",
    ]


def following(lion: Lion, *words: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "lion", "log", RUN, "--follow", *words]
    return subprocess.Popen(
        command, cwd=lion.folder, env=lion.environ, text=True, stdout=subprocess.PIPE
    )


def writing(directory: Path, how: str, count: int) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "tests.log.writer_process", str(directory), RUN, how]
    return subprocess.Popen([*command, str(count)], text=True, stdout=subprocess.PIPE, cwd=ROOT)


def test_a_run_is_followed_to_its_end(lion: Lion) -> None:
    with writing(lion.state, "count", 300) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "started\n"
        assert writer.stdout.readline() == "1\n"
        with following(lion, "--json") as follower:
            lines = follower.communicate(timeout=60)[0].splitlines()
        assert writer.wait() == 0
    assert lines == lion("log", "--json").stdout.splitlines()
    assert '"type":"RunFinished"' in lines[-1]


def test_a_run_that_is_followed_and_killed(lion: Lion) -> None:
    with writing(lion.state, "forever", 0) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "started\n"
        assert writer.stdout.readline() == "1\n"
        with following(lion, "--tail", "1") as follower:
            assert follower.stdout is not None
            assert "running" in [follower.stdout.readline() for _ in range(2)][1]
            writer.kill()
            assert "wrote no ending" in follower.stdout.read().splitlines()[-1]
        assert follower.returncode == 0


def test_whoever_follows_may_leave(lion: Lion) -> None:
    with writing(lion.state, "forever", 0) as writer:
        assert writer.stdout is not None
        assert [writer.stdout.readline() for _ in range(2)] == ["started\n", "1\n"]
        with following(lion) as follower:
            assert follower.stdout is not None
            follower.stdout.readline()
            follower.send_signal(signal.SIGINT)
            follower.stdout.read()
        assert follower.returncode == 130
        writer.kill()
