"""Look here if you want to know how system plugins judge the calls of a run.

Rule: one that fails denies the call; its name is in the decision and, once, in the log.
Rule: where no system plugin judges, a call meets nothing of this.
"""

from collections.abc import Mapping, Sequence

from lion.domain.call import HostCall, Opinion, Verdict
from lion.domain.capability import KNOWN
from lion.domain.decider import judge_name
from lion.errors import GuestError
from lion.kernel.run_state import LiveHolder, LiveRun
from lion.policy.decide import Processor
from lion.ports import SystemComponent


def build_processors(live: LiveRun) -> Mapping[str, Sequence[Processor]]:
    """Who judges calls of which capability, in the manifest's order."""
    found: dict[str, list[Processor]] = {}
    for holder in live.holders.values():
        system = holder.system
        if system is not None and system.info.judges:
            every = (*KNOWN, *live.extensions)
            judged = every if "*" in system.info.judges else system.info.judges
            processor = processor_of(live, holder, system)
            for capability in judged:
                found.setdefault(capability, []).append(processor)
    return found


def processor_of(live: LiveRun, holder: LiveHolder, system: SystemComponent) -> Processor:
    """A system plugin as a step of the policy chain."""
    name = judge_name(holder.name)

    def judge(call: HostCall) -> Opinion | None:
        try:
            return system.judge(call, name, live.clock.now_ns())
        except GuestError as exc:
            live.note_failure(holder.name, "judge", exc)
            return Opinion(name, Verdict.DENY, f"{exc.what}, and what is not judged is denied")

    return judge
