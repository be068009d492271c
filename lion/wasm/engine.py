"""Look here if you want to know how wasmtime is set up: allowed features, determinism, limits, the
ticker.

Rule: one engine per runtime, one ticker thread per engine, which does nothing but increment the
epoch (about every
millisecond while a guest is inside a poll, asleep otherwise). Nobody else increments: the epoch is
engine-wide.
Rule: Wasm features are an allow-list. Each switch that wasmtime has is in FLAGS or, with a reason,
in LEFT_ALONE: what is not named is not off, it is as wasmtime likes it (a test compares).
"""

import hashlib
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from wasmtime import Config, Engine

from lion.wasm import capi

if TYPE_CHECKING:
    from lion.wasm.linear import Memories

TICK = 0.001
"""Seconds between two epochs."""
IDLE_TICKS = 20
"""The ticker sleeps after so many ticks without any poll."""

STACK = 512 * 1024
"""Bytes of wasm stack."""
FIBER = 2 * 1024 * 1024
"""Bytes of a fiber's stack: the wasm stack and what the host's callbacks need above it."""

FLAGS: dict[str, bool | int] = {
    # allowed
    "wasm_simd": True,
    "wasm_bulk_memory": True,
    "wasm_multi_value": True,
    "wasm_reference_types": True,
    "wasm_component_model": True,
    # Components made of components that pass each other texts: the adapter between two of them
    # reads one memory and writes the other (component.py: how their sum stays within the limit).
    "wasm_multi_memory": True,
    # deterministic or off
    "cranelift_nan_canonicalization": True,
    "wasm_relaxed_simd": False,
    "wasm_relaxed_simd_deterministic": True,
    # refused
    "wasm_threads": False,
    "shared_memory": False,
    "wasm_memory64": False,
    "wasm_function_references": False,
    "wasm_gc": False,
    "gc_support": False,
    "wasm_exceptions": False,
    "wasm_tail_call": False,
    "wasm_wide_arithmetic": False,
    "wasm_custom_page_sizes": False,
    "wasm_stack_switching": False,
    "wasm_branch_hinting": False,
    "wasm_compact_imports": False,
    "wasm_component_model_map": False,
    "wasm_component_model_accessors": False,
    "wasm_component_model_canonical_names": False,
    "wasm_component_model_implements": False,
    # Streams, futures, threads and async functions of the component model: lion's fibers need
    # none of them, and most of wasmtime's advisories of 2026 are about them (SECURITY.md).
    "wasm_component_model_async": False,
    "wasm_component_model_more_async_builtins": False,
    "wasm_component_model_async_stackful": False,
    "concurrency_support": False,
    # Ten thousand waiting instances must fit under vm.max_map_count: two mappings fewer each.
    "memory_init_cow": False,
    "max_wasm_stack": STACK,
    "async_stack_size": FIBER,
    "epoch_interruption": True,
}

LEFT_ALONE: dict[str, str] = {
    "consume_fuel": "off; CPU time is metered by epochs and the thread's clock",
    "cranelift_debug_verifier": "off; it only makes compiling slower",
    "debug_info": "off; backtraces need the name section only",
    "macos_use_mach_ports": "how traps are caught on macOS, not what guests may do",
    "memory_may_move": "how a memory grows, not how far",
    "native_unwind_info": "on; backtraces of traps",
    "parallel_compilation": "on; within the compiling child's limits",
    "signals_based_traps": "on; bounds checks by guard pages",
}
"""Switches that stay as wasmtime sets them, and why that is right."""


def engine_digest() -> str:
    """SHA-256 (hex) of wasmtime's version and every setting: what compiled code depends on."""
    text = f"wasmtime {capi.VERSION}\n" + "\n".join(f"{k}={v}" for k, v in sorted(FLAGS.items()))
    return hashlib.sha256(text.encode()).hexdigest()


def build_engine(memories: "Memories | None" = None) -> Engine:
    """Make an engine with exactly these settings, whose guests' memories are there (None: where
    no guest runs).
    """
    capi.check_layout()
    config = Config()
    for name, value in FLAGS.items():
        capi.set_flag(config, name, value)
    if memories is not None:
        memories.make_for(config)
    return Engine(config)


class Ticker:
    """Increments an engine's epoch while guests are being polled.

    `polls` counts polls begun and `inside` those under way in worker threads; both are touched by
    the loop's thread only. (Of its own polls none lasts until the ticker sleeps: it ends after two
    ticks.) `ticks` counts increments, a moment after each.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._wake = threading.Event()
        self._is_stopped = False
        self.is_asleep = True
        self.inside = 0
        self.polls = 0
        self.ticks = 0
        self._thread = threading.Thread(target=self._tick, name="lion-ticker", daemon=True)

    def wake(self) -> None:
        """Start ticking; call it before a poll if `is_asleep`."""
        self._wake.set()

    def _tick(self) -> None:
        wait, increment = threading.Event().wait, self._engine.increment_epoch
        while not self._is_stopped:
            self._wake.wait()
            self._wake.clear()
            self.is_asleep = False
            seen, idle = self.polls, 0
            while idle < IDLE_TICKS and not self._is_stopped:
                wait(TICK)
                increment()
                self.ticks += 1
                idle = idle + 1 if self.polls == seen and not self.inside else 0
                seen = self.polls
            self.is_asleep = True
            # A poll that began between the last look and the flag did not wake us.
            if self.polls != seen or self.inside:
                self._wake.set()

    @contextmanager
    def run(self) -> Iterator[None]:
        """The ticker's thread lives inside this."""
        self._thread.start()
        try:
            yield
        finally:
            self._is_stopped = True
            self._wake.set()
            # A loop that was cut in two is taken apart when Python ends: the thread is gone then,
            # and would be waited for for ever.
            if not sys.is_finalizing():
                self._thread.join()
