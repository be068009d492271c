"""Look here if you want to know how a host call is decided.

Rule: a processor says deny, ask or nothing; none can allow, and the strictest opinion wins.
Rule: allow happens only when a default or a grant covers the call and nobody objected.
Silence means no.
Rule: every decision has a reason and says who decided; all opinions are kept.
Rule: static processors see the Question only, so their decision may be cached by it; all others
see the call.
"""

from collections.abc import Callable, Iterator, Sequence

from lion.domain.call import Decision, HostCall, Opinion, Verdict
from lion.domain.decider import Decider, decider_of
from lion.domain.plan import DEFAULT_CAPABILITIES, Grant
from lion.domain.question import Question, question_of
from lion.policy.rights import Rights
from lion.scopes.table import find_scopes

Processor = Callable[[HostCall], Opinion | None]
"""Judges one call as a whole; asked each time. Its opinion carries its name."""

StaticProcessor = Callable[[Question], Opinion | None]
"""Judges by holder, capability, operation and target alone, and always the same way."""

NOT_HANDED = Opinion(Decider.SPAWNER, Verdict.DENY, "whoever spawned it did not hand it on")
NOT_COVERED = Opinion(Decider.GRANTS, Verdict.DENY, "no grant covers it")
BY_DEFAULT = Decision(Verdict.ALLOW, "granted by default", Decider.DEFAULT)


def decide_static(
    question: Question, rights: Rights, processors: Sequence[StaticProcessor] = ()
) -> Decision:
    """Decide what depends on no arguments and no moment: rights, rules, static processors."""
    allowed, objection = _basis(question, rights)
    opinions = [] if objection is None else [objection]
    chain: tuple[StaticProcessor, ...] = (
        *rights.rules.get(question.capability, ()),
        *processors,
    )
    opinions.extend(said for each in chain if (said := each(question)) is not None)
    return allowed if not opinions else _strictest(allowed, opinions, question, rights)


def decide(
    call: HostCall,
    rights: Rights,
    processors: Sequence[Processor] = (),
    *,
    static: Decision | None = None,
) -> Decision:
    """Decide a call. `static` is what decide_static said of its question, if that is known."""
    question = question_of(call)
    decision = decide_static(question, rights) if static is None else static
    opinions = [said for each in processors if (said := each(call)) is not None]
    if not opinions:
        return decision
    return _strictest(decision, [*decision.opinions, *opinions], question, rights)


def words_for_guest(decision: Decision) -> str:
    """Why a call was refused, without names of other holders or of the operator's rules."""
    if decider_of(decision.decided_by) is Decider.APPROVAL:
        return decision.reason
    match decision.decided_by:
        case Decider.GRANTS:
            return NOT_COVERED.reason
        case Decider.SPAWNER:
            return NOT_HANDED.reason
        case Decider.CEILING:
            return "the component does not import it"
        case Decider.MANIFEST:
            return "the manifest denies it"
        case _:
            return "a rule forbids it"


def _basis(question: Question, rights: Rights) -> tuple[Decision, Opinion | None]:
    """What gives the right, or the objection that nothing does."""
    refused = rights.refused.get(question.capability)
    if refused is not None:
        return BY_DEFAULT, refused
    if question.capability in DEFAULT_CAPABILITIES:
        return BY_DEFAULT, None
    scopes, grants = find_scopes(question.capability), rights.grants.get(question.capability, ())
    grant = None if scopes is None else scopes.find_grant(grants, question)
    if grant is None:
        return BY_DEFAULT, NOT_COVERED
    if scopes is not None and scopes.is_own:
        return _granted_by(grant), None
    if not all(scopes and scopes.find_grant(one, question) for one in handed(rights, question)):
        return BY_DEFAULT, NOT_HANDED
    return _granted_by(grant), None


def _granted_by(grant: Grant) -> Decision:
    reason = f"granted by {grant.line.split(' = ')[0]}"
    return Decision(Verdict.ALLOW, reason, Decider.GRANTS, grant=grant)


def handed(rights: Rights, question: Question) -> Iterator[tuple[Grant, ...]]:
    """What each handed on of a capability who spawned the agent, or those."""
    for grants in rights.within:
        yield tuple(one for one in grants if one.capability == question.capability)


def _strictest(
    decision: Decision, opinions: list[Opinion], question: Question, rights: Rights
) -> Decision:
    """Deny before ask before allow; of equally strict opinions the first one decides. What is to
    be asked may have been answered by the operator beforehand.
    """
    kept, grant = tuple(opinions), decision.grant
    for verdict in (Verdict.DENY, Verdict.ASK):
        said = next((one for one in opinions if one.verdict is verdict), None)
        if said is None:
            continue
        approved = _approved(question, rights) if verdict is Verdict.ASK else None
        if approved is not None:
            return Decision(Verdict.ALLOW, approved.reason, approved.processor, kept, grant)
        right = grant if verdict is Verdict.ASK else None
        return Decision(verdict, said.reason, said.processor, kept, right)
    return Decision(decision.verdict, decision.reason, decision.decided_by, kept, grant)


def _approved(question: Question, rights: Rights) -> Opinion | None:
    """The operator's answer beforehand, if there is one."""
    rules = rights.approved.get(question.capability, ())
    return next((rule.opinion for rule in rules if rule.applies(question)), None)
