"""Look here if you want to know which grants runs have needed, as changes of a manifest.

Rule: the outcome gives nothing that the manifest does not give today, and all that these runs were
allowed: a run that asks the same is decided the same.
Rule: every line that is left was needed by some call; but a secret is kept where its holder made
requests, because what goes along with those is no call.
Rule: a grant of whose budgets something was set aside for an agent stays as it is: its budgets go
by its names.
Rule: what grants by default, and numbers of budgets, stay as they are.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec

from lion.domain.call import Verdict
from lion.domain.decider import Decider, decider_of
from lion.domain.events import CallFinished, CallRedirected, CallRequested
from lion.domain.plan import Grant, Holder, Plan
from lion.domain.question import Question
from lion.domain.record import Record
from lion.manifest.edit import GONE, Change, Entry, Place, Value
from lion.policy.grants import covers
from lion.scopes.bus import ways_of
from lion.scopes.narrow import narrowed
from lion.scopes.table import find_scopes, read_question

MOST: Final = 1_000
"""Different calls under one grant that are told apart; of more the grant stays as it is."""


class Tightened(msgspec.Struct, frozen=True, kw_only=True):
    """What becomes of one grant: its line as it is, and what it names then (`after` empty: it
    goes).
    """

    holder: str
    capability: str
    before: str
    after: str


class _Use(msgspec.Struct):
    """What was asked under a grant."""

    questions: dict[Question, None] = {}
    is_capped: bool = False

    def add(self, question: Question) -> None:
        if question in self.questions or len(self.questions) < MOST:
            self.questions[question] = None
        else:
            self.is_capped = True


class Needs:
    """A fold over the records of runs, by the plan of the manifest as it is today."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._uses: dict[tuple[str, int], _Use] = {}
        self._bare: dict[tuple[str, str], Question] = {}
        """Calls that name nothing: any grant of their capability allows them."""
        self._known: dict[Question, int | None] = {}
        self.calls = self.uncovered = 0
        """Calls that a grant allowed then; those of them that none covers today."""

    def add(self, record: Record) -> None:
        """Take in what a record says was allowed. Raises AuditError."""
        if not record.call or record.principal not in self._plan.holders:
            return
        event = record.event()
        if not isinstance(event, CallRequested | CallFinished | CallRedirected):
            return
        is_ours = event.verdict == Verdict.ALLOW and event.capability
        if not is_ours or decider_of(event.decided_by) is not Decider.GRANTS:
            return
        if isinstance(event, CallFinished) and event.kept and event.operation == "spawn":
            self._note_set_aside(record.principal, event.kept.get("budget", {}))
        question = read_question(record.principal, event.capability, event.operation, event.target)
        index = self._covering(question)
        self.calls += 1
        if index is None:
            self.uncovered += 1
        elif not str(question.target):
            self._bare.setdefault((question.holder, question.capability), question)
        else:
            self._uses.setdefault((record.principal, index), _Use()).add(question)

    def _note_set_aside(self, holder: str, budgets: Mapping[str, int]) -> None:
        for index, grant in enumerate(self._plan.holders[holder].grants):
            scopes = find_scopes(grant.capability)
            if scopes is not None and not scopes.budgets_of(grant).keys().isdisjoint(budgets):
                self._uses.setdefault((holder, index), _Use()).is_capped = True

    def _covering(self, question: Question) -> int | None:
        """Which of the holder's grants allows it today."""
        if question not in self._known:
            if len(self._known) >= MOST:
                self._known.clear()
            grants = self._plan.holders[question.holder].grants
            scopes = find_scopes(question.capability)
            own = [one for one in grants if one.capability == question.capability]
            found = None if scopes is None else scopes.find_grant(own, question)
            self._known[question] = next(
                (index for index, one in enumerate(grants) if one is found), None
            )
        return self._known[question]

    def tightened(self) -> tuple[dict[Place, Change], tuple[Tightened, ...]]:
        """The changes of the manifest, and what they are of each grant."""
        changes: dict[Place, Change] = {}
        told: list[Tightened] = []
        for holder in self._plan.holders.values():
            for capability in dict.fromkeys(one.capability for one in holder.grants):
                change = self._change(holder, capability, told)
                if change is not None:
                    changes[_place(holder, capability)] = change
        return changes, tuple(told)

    def _change(self, holder: Holder, capability: str, told: list[Tightened]) -> Change | None:
        own: list[tuple[Grant | None, Grant]] = []
        bare = self._bare.get((holder.name, capability))
        for index, one in enumerate(holder.grants):
            if one.capability == capability:
                own.append((self._left(holder, index, one), one))
        if bare is not None and all(left is None for left, _ in own):
            less = narrowed(own[0][1], [bare])
            own[0] = (own[0][1] if less == own[0][1] else less, own[0][1])
        self._drop_needless(holder, own)
        for left, one in own:
            if left is not one:
                after = "" if left is None else ", ".join(_shown(left))
                told.append(
                    Tightened(
                        holder=holder.name, capability=capability, before=one.line, after=after
                    )
                )
        if all(left is one for left, one in own):
            return None
        if all(left is None for left, _ in own):
            return GONE
        return _entries(self._plan, holder, capability, own)

    def _drop_needless(self, holder: Holder, own: list[tuple[Grant | None, Grant]]) -> None:
        """Take away a grant all of whose calls others of the same kind allow by now. A directory
        is like no other.
        """
        for at, (left, one) in enumerate(own):
            use = self._uses.get((holder.name, holder.grants.index(one)))
            if left is None or left.mount is not None or use is None or use.is_capped:
                continue
            others = [
                other
                for index, (other, _) in enumerate(own)
                if other is not None and index != at and _is_alike(other, left)
            ]
            if all(any(covers(other, asked) for other in others) for asked in use.questions):
                own[at] = None, one

    def _left(self, holder: Holder, index: int, grant: Grant) -> Grant | None:
        """What is left of a grant; the grant itself where nothing is to be taken."""
        use = self._uses.get((holder.name, index))
        scopes = find_scopes(grant.capability)
        through = () if scopes is None else scopes.through
        if use is None:
            # What the host uses on a guest's behalf, nobody asks for.
            return grant if any(self._asks(holder, other) for other in through) else None
        if use.is_capped or through:
            return grant
        less = narrowed(grant, use.questions)
        return grant if less == grant else less

    def _asks(self, holder: Holder, capability: str) -> bool:
        return any(
            (holder.name, index) in self._uses
            for index, one in enumerate(holder.grants)
            if one.capability == capability
        )


def _is_alike(a: Grant, b: Grant) -> bool:
    """Whether two grants differ in nothing but what they name."""
    return msgspec.structs.replace(a, patterns=(), line="") == msgspec.structs.replace(
        b, patterns=(), line=""
    )


def _place(holder: Holder, capability: str) -> Place:
    if ":" in capability:
        return holder.table, holder.name, "allow", "interfaces", capability
    return holder.table, holder.name, "allow", capability


def _shown(grant: Grant) -> tuple[str, ...]:
    if grant.mount is not None:
        return (f"{grant.mount.path}, {'written' if grant.mount.write else 'read'}",)
    return grant.patterns


def _entries(
    plan: Plan, holder: Holder, capability: str, own: list[tuple[Grant | None, Grant]]
) -> Change:
    """The list of entries as it shall be."""
    written: Any = plan.resolved
    for key in _place(holder, capability):
        written = written.get(key) if isinstance(written, Mapping) else None
    if isinstance(written, Mapping):  # ways of messages, in one table
        return Value(ways_of(own[0][0] or own[0][1]))
    if not isinstance(written, list):
        return ()
    if len(own) == 1 and len(written) != 1:  # names, which are one grant together
        return _names(written, own[0][0])
    entries: list[Entry] = []
    for index, (left, one) in enumerate(own):
        if left is one:
            entries.append(Entry(index))
        elif left is not None:
            entries += _entry(index, written[index], left, plan)
    return tuple(entries)


def _names(written: list[Any], left: Grant | None) -> Change:
    patterns = () if left is None else left.patterns
    kept = [Entry(index) for index, one in enumerate(written) if one in patterns]
    return (*kept, *(Entry(None, one) for one in patterns if one not in written))


def _entry(index: int, old: Any, left: Grant, plan: Plan) -> Iterable[Entry]:
    if left.mount is not None:
        dropped = ("write", "bytes", "files")
        return [Entry(index, {k: v for k, v in old.items() if k not in dropped})]
    texts = [_with_variables(text, plan) for text in left.patterns]
    if not isinstance(old, Mapping):
        return [Entry(index, texts[0]), *(Entry(None, text) for text in texts[1:])]
    key = "model" if "model" in old else "url"
    return [Entry(index, {**old, key: texts[0]})]


def _with_variables(text: str, plan: Plan) -> str:
    """The text with variables where the manifest has them."""
    for name, value in plan.resolved.get("vars", {}).items():
        if f"${{{name}}}" in plan.text and value and str(value) in text:
            text = text.replace(str(value), f"${{{name}}}")
    return text
