"""Look here if you want to know that no signal handler raises inside of a callback, where it would
abort the process or hang it.
"""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import trio

from tests.wasm.kit import Bench, built, open_bench

SECONDS = 20
"""A lost interrupt is a failure, not a hanging test."""
HELLO = ("ok", "Hello, Ann!")


async def answer(name: str, args: list[Any]) -> Any:
    return "ok", None


def in_callback(bench: Bench, act: Callable[[], object]) -> None:
    """Have this done inside of the C callbacks of all host calls."""
    for function in bench.component._shared.callbacks._functions.values():
        lift = function.lift

        def lifted(args: int, context: int, lift: Any = lift) -> list[Any]:
            act()
            found: list[Any] = lift(args, context)
            return found

        function.lift = lifted


@contextmanager
def handler(number: int, what: Any) -> Iterator[None]:
    before = signal.signal(number, what)
    try:
        yield
    finally:
        signal.signal(number, before)


def test_an_interrupt_inside_of_a_callback_arises_after_the_call() -> None:
    found: list[Any] = []
    interrupts = [signal.SIGINT]

    def interrupt_once() -> None:
        if interrupts:
            signal.raise_signal(interrupts.pop())

    async def greet(bench: Bench) -> None:
        with trio.CancelScope(shield=True):
            found.append(await bench.call("greet", "Ann", answer=answer))

    async def main() -> None:
        async with open_bench(built("hello")) as bench:
            in_callback(bench, interrupt_once)
            async with trio.open_nursery() as nursery:
                nursery.start_soon(greet, bench)
                with trio.fail_after(SECONDS):
                    await trio.sleep_forever()  # the task that gets the interrupt

    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    with pytest.raises(BaseExceptionGroup) as caught:
        trio.run(main)
    assert caught.group_contains(KeyboardInterrupt)
    assert found == [HELLO]


def fail(number: int, frame: object) -> None:
    raise SystemExit(number)


@pytest.mark.parametrize(
    ("number", "what", "is_exposed"),
    [
        (signal.SIGINT, signal.default_int_handler, True),
        (signal.SIGTERM, fail, True),
        (signal.SIGALRM, fail, True),
        (signal.SIGTERM, signal.SIG_IGN, False),
        (signal.SIGTERM, signal.SIG_DFL, False),
    ],
)
async def test_where_a_handler_may_raise_guests_are_polled_elsewhere(
    number: int, what: Any, is_exposed: bool
) -> None:
    threads: set[bool] = set()
    async with open_bench(built("hello")) as bench:
        in_callback(bench, lambda: threads.add(threading.current_thread() is not main))
        main = threading.main_thread()
        with handler(number, what):
            assert await bench.call("greet", "Ann", answer=answer) == HELLO
        # A busy guest may always go on elsewhere, an exposed one has to from its beginning.
        assert threads == {True} if is_exposed else False in threads
        threads.clear()
        await bench.call("greet", "Ann", answer=answer)
        assert False in threads


async def test_a_handler_of_trios_is_harmless() -> None:
    threads: set[threading.Thread] = set()
    async with open_bench(built("hello")) as bench:
        in_callback(bench, lambda: threads.add(threading.current_thread()))
        with trio.open_signal_receiver(signal.SIGTERM):
            await bench.call("greet", "Ann", answer=answer)
    assert threads == {threading.main_thread()}
