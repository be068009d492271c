"""Look here if you want to know what holds for every table of a manifest or a policy.

Rule: a key that is not in its model is an error.
"""

from pydantic import BaseModel, ConfigDict


class Table(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        frozen=True,
        arbitrary_types_allowed=True,
        # Only the outermost table is built, and only when used. For the same reason no default is
        # an instance: making one would build its class.
        defer_build=True,
        alias_generator=lambda name: name.replace("_", "-"),
    )
