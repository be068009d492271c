"""An interrupt while a stuck reader holds up the printer ends lion, at the first try."""

import threading
import time
from collections.abc import Sequence

import pytest

from lion.cli.printer import PATIENCE, open_printer
from lion.domain.record import Record
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
    began = time.monotonic()
    with pytest.raises(KeyboardInterrupt), open_printer([view]) as printer:
        printer.watch(said("x"))
        view.entered.wait()
        raise KeyboardInterrupt
    assert time.monotonic() - began < PATIENCE * 20
    view.leave.set()
