"""Look here if you want to know which limits hold for code that no sandbox holds."""

from typing import Any

from pydantic import model_validator

from lion.manifest.base_table import Table
from lion.manifest.fields import Count, MaybeCount, MaybeRate, MaybeSize, MaybeTime, Share, Then


def check_asking(table: Any) -> Any:
    """Both keys or none: a share says when, and `then` what for."""
    if (table.at is None) is not (table.then is None):
        missing = 'then = "ask"' if table.then is None else 'at = "80 %"'
        raise ValueError(f"at and then say together when a person is asked; add {missing}")
    return table


class SystemLimits(Table):
    """Limits of a system plugin: those that can be enforced on Python."""

    deadline: MaybeTime = None
    calls: MaybeCount = None
    rate: MaybeRate = None
    output: MaybeSize = None
    log: MaybeSize = None
    concurrent: Count = 0
    at: Share | None = None
    then: Then | None = None

    _check_asking = model_validator(mode="after")(check_asking)
