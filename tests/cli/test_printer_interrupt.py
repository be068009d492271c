"""An interrupt while a stuck reader holds up the printer ends lion, at the first try."""

import threading
from collections.abc import Sequence

import pytest

from lion.cli.printer import open_printer
from lion.domain.record import Record
from tests.cli.kit import SECONDS
from tests.cli.test_live import said


class StuckView:
    """A view whose reader never reads."""

    types = None

    def __init__(self) -> None:
        self.entered = threading.Event()
        self.leave = threading.Event()

    def show(self, records: Sequence[Record]) -> None:
        self.entered.set()
        self.leave.wait()

    def finish(self) -> None:
        pass


def test_an_interrupt_does_not_wait_for_a_stuck_reader() -> None:
    view = StuckView()
    # Who waited for the reader would wait until this.
    reader = threading.Timer(SECONDS, view.leave.set)
    reader.start()
    with pytest.raises(KeyboardInterrupt), open_printer([view]) as printer:
        printer.watch(said("x"))
        view.entered.wait()
        raise KeyboardInterrupt
    assert not view.leave.is_set()
    view.leave.set()
    reader.cancel()
