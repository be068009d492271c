"""Look here if you want to know how the trace of a recorded run is made from the log."""

from collections.abc import Callable, Iterator

from lion.history import open_history
from lion.proof import verify_run
from lion.settings import Settings
from lion.telemetry.otlp import otlp_lines
from lion.telemetry.spans import Span, Teller
from lion.telling.calls import Calls


def write_trace(
    settings: Settings, word: str, write: Callable[[bytes], object], *, with_content: bool
) -> tuple[str, int]:
    """Verify a run (an id, a beginning of one, `last`) and write its trace; the id, and how many
    spans there are. Raises OperatorError, AuditError.
    """
    run = verify_run(settings, word).run
    count = 0

    def counted(spans: Iterator[Span]) -> Iterator[Span]:
        nonlocal count
        for span in spans:
            count += 1
            yield span

    with open_history(settings) as reader:
        teller = Teller(Calls(reader, run), run, with_content=with_content)
        for line in otlp_lines(teller.trace, counted(teller.tell(reader.verified(run)))):
            write(line)
    return run, count
