"""Look here if you want to know how a recorded run is kept as a file and becomes a test."""

from pathlib import Path

import pytest

from lion.testing import AuditError, OperatorError, kit, open_kit, replay_file
from tests.wasm.kit import BUILT, ROOT

HELLO = BUILT / "hello.wasm"
TOUR = ROOT / "examples" / "tour" / "manifest.toml"


@pytest.fixture
def recorded(tmp_path: Path) -> Path:
    path = tmp_path / "greet.run"
    with kit(HELLO, config={"greeting": "Good day"}) as lion:
        lion.call("hello.greet", name="Bob")
        lion.call("hello.greet", name="Ann")
        lion.save(path)
    return path


def test_runs_replay() -> None:
    with kit(TOUR) as lion:
        lion.run_manifest()
        lion.call("calculator.add", a=1, b=2)
        lion.assert_replays()


def test_a_faked_run_replays_without_its_fakes() -> None:
    with kit(BUILT / "fetcher.wasm", allow={"http": ["GET https://example.com/"]},
             http={"GET https://example.com/": "lions"}) as lion:  # fmt: skip
        lion.call("fetcher.fetch", url="https://example.com/")
        lion.assert_replays()


def test_a_run_that_goes_otherwise_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    """The recorded answers are changed between the run and its replay."""
    from lion.kernel import recorded

    begin = recorded.begin

    def forged(record, event, held):
        found = begin(record, event, held)
        found.args = ["Bob"]
        return found

    with kit(HELLO) as lion:
        lion.call("hello.greet", name="Ann")
        lion.assert_replays()
        monkeypatch.setattr("lion.kernel.replayed_run.begin", forged)
        with pytest.raises(AssertionError, match=r"(?s)host call 2.*recorded.*Ann.*now.*Bob"):
            lion.assert_replays()


def test_a_saved_run_is_the_last_one(recorded: Path) -> None:
    report = replay_file(recorded)
    assert (report.identical, report.finished, report.invocations, report.calls) == (
        True,
        True,
        1,
        2,
    )
    assert recorded.stat().st_size < 200_000


def test_it_is_replayed_with_the_components_as_they_are_now(recorded: Path) -> None:
    with kit(HELLO) as lion:  # without the config: what the host answered is in the recording
        lion.assert_replays(recorded)


def test_a_component_that_behaves_otherwise_fails(recorded: Path, tmp_path: Path) -> None:
    other = tmp_path / "hello.wasm"
    data = HELLO.read_bytes()
    assert data.count(b"greeting ") >= 1
    other.write_bytes(data.replace(b"greeting ", b"greeding "))
    with kit(other) as lion, pytest.raises(AssertionError, match=r"(?s)recorded.*greeting Ann"):
        lion.assert_replays(recorded)
    assert replay_file(recorded).identical


def test_a_component_without_the_tool_fails(recorded: Path, tmp_path: Path) -> None:
    other = tmp_path / "hello.wasm"
    other.write_bytes((BUILT / "calculator.wasm").read_bytes())
    with kit(other) as lion, pytest.raises(AssertionError, match="does not export 'greet'"):
        lion.assert_replays(recorded)


def test_a_changed_recording_is_refused(recorded: Path) -> None:
    data = recorded.read_bytes()
    assert data.count(b"Good day") >= 1
    recorded.write_bytes(data.replace(b"Good day", b"Goodbye."))
    with pytest.raises(AuditError):
        replay_file(recorded)


def test_what_is_no_recording_is_told(tmp_path: Path) -> None:
    with pytest.raises(OperatorError, match=r"nowhere.*lion.save"):
        replay_file(tmp_path / "nowhere")
    (tmp_path / "text").write_text("text " * 999)
    with pytest.raises(AuditError):
        replay_file(tmp_path / "text")


def test_nothing_is_saved_before_something_ran(tmp_path: Path) -> None:
    with kit(HELLO) as lion, pytest.raises(OperatorError, match="nothing has run"):
        lion.save(tmp_path / "x")


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    with kit(HELLO) as lion:
        lion.call("hello.greet", name="Ann")
        with pytest.raises(OperatorError, match="cannot be written"):
            lion.save(tmp_path / "no" / "x")


def test_a_recording_names_no_path_of_the_machine(recorded: Path, tmp_path: Path) -> None:
    with kit(TOUR) as lion:
        lion.run_manifest()
        lion.save(tmp_path / "tour.run")
    with kit(BUILT / "files.wasm", allow={"fs": [{"path": "/a", "write": True}]}) as lion:
        lion.call("files.write", path="/a/b", text="c")
        lion.save(tmp_path / "files.run")
    for path in (recorded, tmp_path / "tour.run", tmp_path / "files.run"):
        data = path.read_bytes()
        for folder in (ROOT, Path.home(), tmp_path, "/tmp/", "lion-kit"):
            assert str(folder).encode() not in data, (path, folder)


def test_two_recordings_of_the_same_are_alike(tmp_path: Path) -> None:
    def records() -> list[tuple[object, ...]]:
        with kit(HELLO) as lion:
            lion.call("hello.greet", name="Ann")
            return [(r.run, r.seq, r.time_ns, r.type) for r in lion.records]

    assert records() == records()


async def test_in_a_loop(tmp_path: Path) -> None:
    async with open_kit(HELLO) as lion:
        await lion.call("hello.greet", name="Ann")
        await lion.save(tmp_path / "x")
        await lion.assert_replays()
        await lion.assert_replays(tmp_path / "x")
