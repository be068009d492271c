"""Look here if you want to know how a test runs a manifest dry."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from lion.dry.host import open_dry_host
from lion.dry.samples import Samples, read_samples
from lion.history import open_history
from lion.review.missing import Missing, missing_of
from lion.settings import Settings
from tests.attack.kit import Arena
from tests.wasm.kit import cache_directory


class DryArena(Arena):
    """An open host whose runs are dry."""

    samples: Samples

    def missing(self, run: str) -> Missing:
        """What the run's manifest lacks."""
        with open_history(self.settings) as reader:
            return missing_of(run, reader.records(run))[1]

    def lines(self, run: str) -> list[str]:
        """The lines that it lacks."""
        return [one.line for one in self.missing(run).lines]


@asynccontextmanager
async def open_dry(
    directory: Path, policy: str = "", samples: Path | None = None, **more: Any
) -> AsyncIterator[DryArena]:
    """A dry host on a state directory of its own."""
    path = None
    if policy:
        path = directory / "policy.toml"
        path.write_text(policy, "utf-8")
    settings = Settings(state=directory / "state", cache=cache_directory(), policy=path, **more)
    given = read_samples(samples)
    async with open_dry_host(settings, given) as host:
        arena = DryArena(host, settings)
        arena.samples = given
        yield arena
