"""Look here if you want to know which keys a policy file has.

Rule: as in a manifest, a key that is not here is an error.
"""

from lion.manifest.tables import LimitsTable, Table


class PolicyHttpTable(Table):
    """How requests leave."""

    proxy: str


class PolicyTable(Table):
    """A policy file: rules that refuse or ask, ceilings on limits, and how requests leave."""

    deny: list[str] = []  # noqa: RUF012 - a model's, which copies it
    ask: list[str] = []  # noqa: RUF012 - as above
    limits: LimitsTable | None = None
    http: PolicyHttpTable | None = None
