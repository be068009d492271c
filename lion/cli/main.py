"""Look here if you want to know what is between shell and lion: exit codes, no tracebacks.

Rule: this is the seam: whatever is raised below ends here as one line and an exit code.
Rule: nothing but the standard library is imported before the interrupt is caught.
"""

import gc
import os
import signal
import sys
from collections.abc import Sequence
from typing import Final, NoReturn

GARBAGE: Final = 50_000
"""Objects between two looks for garbage: at Python's 700 they cost a tenth of a short run."""
STARTING: Final = 200_000
"""The same while modules are imported, of which nothing is garbage."""
_OUTSIDE: Final = 4
"""As errors.OutsideError, which is not imported for this."""


def start() -> NoReturn:
    """Be the process `lion`: run its command line, and end it without taking it apart.

    Everything is closed and written by then; to free every object one by one, only for the
    process to end, would cost a fifth of a short run.
    """
    gc.set_threshold(STARTING)
    code = main()
    if sys.gettrace() or sys.getprofile():  # whoever watches wants to write down what was seen
        sys.exit(code)
    try:
        for stream in (sys.stdout, sys.stderr):
            if stream is not None:
                stream.flush()
    except BrokenPipeError:  # whoever read our output has left, which is no error
        pass
    except OSError:
        code = code or _OUTSIDE
    os._exit(code)


def settle() -> None:
    """What was imported is there to stay: from now on look for garbage in what comes after it."""
    if gc.get_threshold()[0] == STARTING:  # else this process is another program's
        gc.freeze()
        gc.set_threshold(GARBAGE)


_ENDS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def main() -> int:
    """Run the command line of this process; return its exit code."""
    for number in _ENDS[1:]:
        if signal.getsignal(number) is not signal.SIG_IGN:  # as `nohup` has it
            signal.signal(number, _interrupt)
    try:
        # Whoever started us may have held them back until somebody can answer.
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _ENDS)
        code = run_command(sys.argv[1:])
        _ignore_signals()
    except KeyboardInterrupt:  # another one, while the first was answered
        _ignore_signals()
        code = 130
    return code


def _interrupt(number: int, frame: object) -> None:
    """Let them be what SIGINT is, also before a host is open and after it is closed."""
    signal.raise_signal(signal.SIGINT)


def _ignore_signals() -> None:
    """The outcome stands: nothing may change it while Python shuts down, or print a traceback."""
    for number in _ENDS:
        signal.signal(number, signal.SIG_IGN)


def run_command(words: Sequence[str]) -> int:
    """Run one command line, without the program's name; return its exit code."""
    try:
        return _invoke(words)
    except KeyboardInterrupt:
        return 130
    except (BrokenPipeError, SystemExit):  # click exits when it finds that the reader has left
        _leave_pipe()
        return 0
    except BaseException as exc:  # noqa: BLE001 - the seam
        from lion.cli.faults import report_fault

        return report_fault(exc, words)


def _invoke(words: Sequence[str]) -> int:
    from lion.domain.pythons import check_python

    check_python(sys.version_info[:3])
    # Whatever else is installed has no business in our models.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    import click

    from lion.cli.faults import shown_warnings
    from lion.cli.lazy_group import lion

    try:
        with shown_warnings():
            code = lion.main(list(words), prog_name="lion", standalone_mode=False)
    except click.Abort:
        return 130
    except click.exceptions.NoArgsIsHelpError as exc:
        click.echo(exc.format_message(), err=True)
        return exc.exit_code
    return int(code or 0)


def _leave_pipe() -> None:
    """Whoever read our output has left; let nothing complain about it at exit."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    os.close(null)
