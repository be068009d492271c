"""Look here if you want to know how large the result of a call may be.

Rule: a run and its replay ask here alike, so a result refused then is refused again.
"""

from typing import Any

from lion.domain.events import encode_body
from lion.domain.plan import Limits
from lion.errors import GuestError
from lion.ports import Export


def check_size(export: Export, value: Any, limits: Limits) -> None:
    """A result is shown and recorded, so it may be no larger than all output together.

    Raises GuestError(ending="exhausted").
    """
    limit = limits.output
    if limit is not None and len(encode_body(value)) > limit:
        raise GuestError(
            f"the result of {export.name!r} has more than {limit:,} bytes",
            ending="exhausted",
            hint='raise it with limits = { output = "..." }',
        )
