"""Look here if you want to know who judges the calls of a live run, and how rights are taken from
it while it works.
"""

from lion.domain.call import HostCall, Opinion, Verdict
from lion.domain.capability import KNOWN
from lion.domain.decider import Decider
from lion.kernel.budget_questions import judges_of
from lion.kernel.run_state import LiveRun
from lion.policy.decide import Processor


def judge_live(live: LiveRun) -> None:
    """Let system plugins and budgets judge a run's calls, and what was revoked be refused."""
    found = dict(judges_of(live))
    if live.revoked:
        for capability in (*KNOWN, *live.extensions):
            found[capability] = (revoker_of(live), *found.get(capability, ()))
    live.judge.processors = found


def revoke(live: LiveRun, holder: str, reason: str) -> None:
    """Refuse what a holder does in a run, or others through it or of it, from its next call on."""
    live.revoked[holder] = reason
    judge_live(live)


def revoker_of(live: LiveRun) -> Processor:
    """Who refuses what was revoked, as a step of the policy chain."""

    def judge(call: HostCall) -> Opinion | None:
        names_one = call.capability in ("tools", "agents")
        asked = str(call.target).partition(".")[0] if names_one else ""
        for name in (*call.chain, asked):
            if name in live.revoked:
                return Opinion(Decider.REVOKED, Verdict.DENY, live.revoked[name])
        return None

    return judge
