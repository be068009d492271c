"""Look here if you want to know what a plan meets outside of its components, as far as it can be
seen before anything runs.
"""

import msgspec

from lion.domain.plan import Directory


class Surroundings(msgspec.Struct, frozen=True, kw_only=True):
    """What was found beside the components.

    `unbound` are secrets that the plan names and nobody bound; `audiences` the origins that each
    of the others may go to (`https://*.example.com`). `directories` are the host's, by holder;
    `homes` those of people. `stale` is by holder the folder of a source that has changed since its
    component was built.
    """

    unbound: tuple[str, ...] = ()
    audiences: dict[str, tuple[str, ...]] = {}
    directories: dict[str, tuple[Directory, ...]] = {}
    homes: tuple[str, ...] = ()
    stale: dict[str, str] = {}


def older_than_source(folder: str) -> str:
    """What is said of a component whose source has changed; `folder` as one has to type it."""
    return f"older than its source; build it again: lion build {folder}"
