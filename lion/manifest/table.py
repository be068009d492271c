"""Look here if you want to know what all tables of lion's files have in common."""

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
