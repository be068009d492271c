"""What one thread gives another is there for all who wait, whoever of them is interrupted."""

import threading

import pytest

from lion.blocking.promise import Promise


def test_all_who_wait_have_it() -> None:
    promise: Promise[int] = Promise()
    found: list[int] = []
    threads = [threading.Thread(target=lambda: found.append(promise.take())) for _ in range(8)]
    for thread in threads:
        thread.start()
    assert not promise.is_given
    promise.give(1)
    for thread in threads:
        thread.join()
    assert found == [1] * 8 and promise.take() == 1


def test_one_that_failed_is_raised_by_all() -> None:
    promise: Promise[int] = Promise()
    promise.fail(ValueError("no"))
    for _ in range(2):
        with pytest.raises(ValueError, match="no"):
            promise.take()
    assert isinstance(promise.exception(), ValueError)


def test_one_that_was_interrupted_as_it_woke_holds_up_nobody() -> None:
    """It has the gate and never gives it back: between the two there was the interrupt."""
    promise: Promise[int] = Promise()
    waits = threading.Event()
    found: list[int] = []

    def wait() -> None:
        waits.set()
        found.append(promise.take())

    other = threading.Thread(target=wait)
    other.start()
    waits.wait()
    promise.give(1)
    promise._gate.acquire(timeout=0.1)
    other.join()
    assert found == [1] and promise.take() == 1
