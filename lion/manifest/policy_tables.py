"""Look here if you want to know which keys a policy file has.

Rule: as in a manifest, a key that is not here is an error.
"""

from pydantic import Field

from lion.manifest.base_table import Table
from lion.manifest.fields import Time
from lion.manifest.tables import LimitsTable


class PolicyHttpTable(Table):
    """How requests leave."""

    proxy: str


class PolicyApprovalsTable(Table):
    """How people are asked."""

    wait: Time


class PolicyTable(Table):
    """A policy file: rules that refuse, ask or answer beforehand, ceilings on limits, and how
    requests leave.
    """

    deny: list[str] = Field([])
    ask: list[str] = Field([])
    approve: list[str] = Field([])
    approvals: PolicyApprovalsTable | None = None
    limits: LimitsTable | None = None
    http: PolicyHttpTable | None = None
