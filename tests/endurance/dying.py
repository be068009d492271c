"""Look here if you want to know how a test kills `lion` after so much work, however slow the
machine is.

Rule: what counts is the process's own CPU time. Its kernel ends it by a signal that nothing heeds,
as abruptly as SIGKILL does.
"""

import os
import resource
import signal
import subprocess
import sys
from collections.abc import Mapping
from typing import Final

from tests.endurance.kit import ROOT

KILLED: Final = -signal.SIGPROF
"""What a process killed like that returns."""
_TIMED: Final = (
    "import os, signal, sys; signal.setitimer(signal.ITIMER_PROF, float(sys.argv[1])); "
    "os.execv(sys.executable, [sys.executable, *sys.argv[2:]])"
)
"""Timers outlive execve(2)."""


def begin(
    *words: str, cpu: float | None = None, environ: Mapping[str, str] = {}
) -> "subprocess.Popen[str]":
    """Python with these words, killed after `cpu` seconds of its CPU time if it has not ended."""
    timed = () if cpu is None else ("-I", "-S", "-c", _TIMED, str(max(cpu, 0.001)))
    return subprocess.Popen(
        [sys.executable, *timed, *words], cwd=ROOT, env={**os.environ, **environ},
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def spent() -> float:
    """Seconds of CPU time that all processes which were waited for have used until now."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
