"""Look here if you want to know how many examples hypothesis makes: few at the desk, all in CI
(`--hypothesis-profile=whole`), many more with `make fuzz`.

Rule: a test says how many it deserves; the profile decides which share of them is made.
Rule: no test fails because a machine is slow: hypothesis neither times examples nor judges how
fast they are made, or how large they are.
"""

from collections.abc import Sequence
from typing import Final

from hypothesis import HealthCheck, settings

WHOLE: Final = 100
"""Examples of a test that says nothing, in CI."""
PROFILES: Final = {"desk": 25, "whole": WHOLE, "fuzz": 2_000}
"""Examples of such a test, by profile."""
_FEWEST: Final = 5
_UNJUDGED: Final = (HealthCheck.too_slow, HealthCheck.data_too_large)


def register_profiles() -> None:
    """Make the profiles known; `desk` counts where pytest is told nothing else."""
    for name, count in PROFILES.items():
        settings.register_profile(
            name,
            deadline=None,
            max_examples=count,
            suppress_health_check=_UNJUDGED,
        )
    settings.load_profile("desk")


def examples(count: int, *, suppressed: Sequence[HealthCheck] = ()) -> settings:
    """Settings of a test that deserves `count` examples in CI. `suppressed` are health checks that
    do not hold for it.
    """
    profile = settings.get_profile(settings.get_current_profile_name())
    share = profile.max_examples / WHOLE
    return settings(
        max_examples=max(_FEWEST, round(count * share)),
        suppress_health_check=[*_UNJUDGED, *suppressed],
    )
