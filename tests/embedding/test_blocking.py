"""Look here if you want to know what a program without a trio loop gets: plain calls, from any
thread, and one clear error for each misuse.
"""

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

import lion
from lion.blocking import BlockingHost, open_host
from tests.embedding.kit import CALCULATOR, HELLO, RELAY, SUM, WAIT, recorded


def loops() -> list[threading.Thread]:
    """The threads of hosts that are open."""
    return [thread for thread in threading.enumerate() if thread.name == "lion-loop"]


def test_calls_are_plain(blocking: BlockingHost) -> None:
    assert blocking.call(CALCULATOR, "add", {"a": 1, "b": 2}) == 3
    assert blocking.run(SUM).endings[0].value == 3
    with pytest.raises(lion.OwnError, match="division by zero"):
        blocking.call(CALCULATOR, "divide", {"a": 1, "b": 0})
    with pytest.raises(lion.OperatorError, match="nobody owns the kv"):
        blocking.call(CALCULATOR, "add", {}, allow={"kv": {"bytes": "1 KiB"}})
    said = blocking.call(HELLO, "greet", {"name": "Ann"}, config={"greeting": "Servus"})
    assert said == "Servus, Ann!"
    (holder,) = blocking.check(SUM).holders
    assert (holder.name, holder.warnings) == ("calculator", ())
    with pytest.raises(lion.OperatorError, match="a manifest cannot be a int"):
        blocking.start(5)  # type: ignore[arg-type]


def test_many_threads_call_at_once(blocking: BlockingHost) -> None:
    def add(n: int) -> Any:
        return blocking.call(CALCULATOR, "add", {"a": n, "b": 1})

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(add, range(24))) == list(range(1, 25))


def test_a_run_is_followed_asked_stopped_and_waited_for(blocking: BlockingHost) -> None:
    run = blocking.start(WAIT)
    for record in run:
        if record.type == "PluginResult":
            break
    while not run.endings:
        pass
    assert [one.value for one in run.endings] == [3]
    assert not run.has_ended
    run.cancel()
    run.cancel()
    report = run.wait()
    assert run.wait() == report
    assert (report.exit_code, report.interrupted, run.has_ended) == (130, True, True)
    assert [record.type for record in run][-1] == "RunFinished"
    audit = blocking.audit(run.id)
    assert [ending.ending for ending in audit.endings] == ["cancelled", "returned"]


def test_a_lent_function_may_call_in_its_turn(blocking: BlockingHost) -> None:
    def twice(n: int) -> int:
        value = blocking.call(CALCULATOR, "multiply", {"a": n, "b": 2})
        assert isinstance(value, int)
        return value

    async def hold_up(n: int) -> int:
        return twice(n)

    blocking.lend("app", {"twice": twice, "hold-up": hold_up})
    asked = {"tool": "app.twice", "arguments": ['{"n": 21}']}
    assert blocking.call(RELAY, "relay", asked, allow={"tools": ["app.*"]}) == ["42"]
    with pytest.raises(lion.OperatorError, match="would hold up the trio loop"):
        blocking.call(CALCULATOR, "app.hold-up", {"n": 1})


def test_closing_stops_what_runs_and_who_waits_for_it(tmp_path: Path) -> None:
    stopped: list[BaseException] = []
    with open_host() as host:
        run = host.start(WAIT)

        def wait() -> None:
            try:
                host.run(WAIT)
            except lion.LionError as exc:
                stopped.append(exc)

        thread = threading.Thread(target=wait)
        thread.start()
        while len(_runs(host)) < 2:
            pass
    thread.join()
    assert not loops()
    assert [type(exc) for exc in stopped] == [lion.Interrupted]
    for one in _runs(host):
        assert isinstance(recorded(host.settings, one)[-1], lion.events.RunFinished)
    assert run.has_ended
    assert run.endings[0].ending == "cancelled"
    for act in (lambda: host.call(CALCULATOR, "add", {}), run.wait, lambda: list(run)):
        with pytest.raises(lion.OperatorError, match="the host is closed"):
            act()
    run.cancel()


def _runs(host: BlockingHost) -> list[str]:
    with lion.open_history(host.settings) as reader:
        return [one.run for one in reader.runs() if one.records]


def test_a_host_that_cannot_be_opened_leaves_nothing(tmp_path: Path) -> None:
    for words in ({"owner": "A"}, {"policy": tmp_path / "nowhere"}, {"state": Path(__file__)}):
        with pytest.raises(lion.OperatorError), open_host(**words):  # type: ignore[arg-type]
            raise AssertionError
    assert not loops()


def test_the_programs_own_exceptions_pass_and_a_lost_error_is_raised(tmp_path: Path) -> None:
    broken = {**SUM, "plugins": {"calculator": {"component": Path(__file__)}}}
    with pytest.raises(ValueError, match="mine"), open_host() as host:
        host.start(broken)
        raise ValueError("mine")
    with pytest.raises(lion.OperatorError, match="is no WebAssembly"), open_host() as host:
        run = host.start(broken)
        assert [record.type for record in run][-1] == "RunFinished"


async def test_it_refuses_to_hold_up_a_trio_loop(tmp_path: Path) -> None:
    with (
        pytest.raises(lion.OperatorError, match=r"async with lion\.open_host"),
        open_host() as host,
    ):
        host.call(CALCULATOR, "add", {"a": 1, "b": 2})
