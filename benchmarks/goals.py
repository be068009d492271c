"""Look here if you want to know which speeds lion promises itself, and whether they hold.

Rule: a goal is judged by the best of the rounds, as its other side is.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from benchmarks.measure import Times

Results = Mapping[str, Mapping[str, Times]]
"""Times by contest and contestant."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """`figure` gives what is compared, None if a contestant is missing.

    `at_least`: more is better.
    """

    name: str
    title: str
    contest: str
    limit: float
    unit: str
    figure: Callable[[Mapping[str, Times]], float | None]
    at_least: bool = False


def _ratio_to(other: str) -> Callable[[Mapping[str, Times]], float | None]:
    def figure(times: Mapping[str, Times]) -> float | None:
        return times["lion"].best / times[other].best if other in times else None

    return figure


def _micros(times: Mapping[str, Times]) -> float:
    return times["lion"].best / 1_000


TOKENS = 50
"""Of each stream in the contest `tokens`."""


def _token_micros(times: Mapping[str, Times]) -> float | None:
    """A token after the first of its stream: what the agents' start and their requests take is no
    token's.
    """
    if "one token" not in times:
        return None
    rest = times["lion"].best - times["one token"].best
    return rest / 1_000 * TOKENS / (TOKENS - 1)


def _megabytes(byte_count: int) -> Callable[[Mapping[str, Times]], float]:
    return lambda times: byte_count * 1_000 / times["lion"].best


_BOTH_WAYS = 2 * 64 * 1024

GOALS = (
    Goal(name="host_call_bare", title="bare host call, text each way, no slower than Extism's",
         contest="host_call_text", limit=1.0, unit="x", figure=_ratio_to("extism")),
    Goal(name="host_call_recorded", title="policed and recorded, 1.6 times Extism's bare one",
         contest="recorded_text", limit=1.6, unit="x", figure=_ratio_to("extism")),
    Goal(name="extism_plugin", title="an Extism plug-in's call, no slower than its own SDK's",
         contest="extism_plugin", limit=1.0, unit="x", figure=_ratio_to("extism")),
    Goal(name="host_call_rich", title="rich exchange, bare", contest="host_call_rich",
         limit=40, unit="us", figure=_micros),
    Goal(name="fresh_call", title="fresh instance and call", contest="fresh_call",
         limit=200, unit="us", figure=_micros),
    Goal(name="text", title="text, both ways counted", contest="text_64k", limit=500, unit="MB/s",
         figure=_megabytes(_BOTH_WAYS), at_least=True),
    Goal(name="packed", title="packed bytes, both ways counted", contest="packed_64k", limit=100,
         unit="MB/s", figure=_megabytes(_BOTH_WAYS), at_least=True),
    Goal(name="start", title="start-up against its imports", contest="start", limit=1.5, unit="x",
         figure=_ratio_to("imports")),
    Goal(name="replay", title="replayed call, 50,000 a second", contest="replay", limit=20,
         unit="us", figure=_micros),
    Goal(name="kv", title="kv.set and kv.get, recorded", contest="recorded_kv", limit=60,
         unit="us", figure=_micros),
    Goal(name="token", title="streamed token after the first, 200 streams", contest="tokens",
         limit=200, unit="us", figure=_token_micros),
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """How a goal was met."""

    goal: Goal
    figure: float
    is_met: bool


def judge(results: Results) -> list[Verdict]:
    """The goals whose contests were held."""
    verdicts = []
    for goal in GOALS:
        figure = goal.figure(results[goal.contest]) if goal.contest in results else None
        if figure is not None:
            met = figure >= goal.limit if goal.at_least else figure <= goal.limit
            verdicts.append(Verdict(goal=goal, figure=figure, is_met=met))
    return verdicts
