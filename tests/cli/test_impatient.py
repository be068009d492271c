"""Who verifies, audits or replays sees how far it is, and may stop it in the midst."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from lion.cli import progress
from lion.cli.main import run_command
from tests.cli.kit import Lion

COMMANDS = ("verify", "audit", "replay")


@pytest.mark.parametrize("word", COMMANDS)
def test_an_interrupt_ends_it_between_two_records(
    recorded: Lion, word: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    for name in ("LION_STATE", "LION_CACHE"):
        monkeypatch.setenv(name, recorded.environ[name])
    told: list[int] = []

    def tell(done: int, of: int) -> None:
        told.append(done)
        signal.raise_signal(signal.SIGINT)

    @contextmanager
    def opened(_: str) -> Iterator[object]:
        yield tell

    monkeypatch.setattr(f"lion.cli.commands.{word}.open_progress", opened)
    # A replay looks up after so many records, which a run this short has not.
    monkeypatch.setattr("lion.kernel.replayed_run.TOGETHER", 1)
    assert run_command([word, "last"]) == 130
    out, err = capfd.readouterr()
    assert len(told) == 1
    assert "Traceback" not in err
    assert not out


def test_it_says_how_far_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[str] = []

    class Terminal:
        is_terminal = True
        pass_by = staticmethod(shown.append)

    monkeypatch.setattr(progress, "open_screen", lambda _: Terminal)
    monkeypatch.setattr(progress, "PATIENCE", 0.0)
    monkeypatch.setattr(progress, "PAUSE", 0.0)
    with progress.open_progress("verifying") as tell:
        assert tell is not None
        tell(4_096, 1_000_000)
    assert shown == ["verifying: 4,096 of 1,000,000 records", ""]
