"""Look here if you want to know how commands open the log for reading."""

from contextlib import AbstractContextManager

from lion.cli.options import Common
from lion.ports import LogReader


def open_log(common: Common) -> AbstractContextManager[LogReader]:
    """The log of the state directory, for reading only. Raises OperatorError, AuditError."""
    from lion.history import open_history

    return open_history(common.settings())
