"""Look here if you want to know under what a dry run answers a call that the manifest does not
allow: the grant that is missing, and no other.

Rule: only what a line of the manifest would allow is answered. What the operator's policy, a
budget or an address refuses is refused, as in a real run.
Rule: the record has the refusal, with the answer beside it.
"""

from collections.abc import Sequence
from contextlib import suppress
from typing import Final, cast

import msgspec

from lion.capabilities.fs.access import Access, Asks
from lion.capabilities.opened import Opened
from lion.domain.call import CallError, Decision, Verdict
from lion.domain.decider import Decider
from lion.domain.plan import DEFAULT_CAPABILITIES, Grant, Mount
from lion.domain.question import Question
from lion.dry.scratch import ROOT
from lion.errors import OperatorError
from lion.kernel.run_state import LiveRun
from lion.manifest.document import Document
from lion.manifest.grants import grants_at
from lion.manifest.variables import fill
from lion.policy.suggest import Suggestion, suggest
from lion.scopes.fs_path import split_names
from lion.scopes.table import find_scopes

MOST: Final = 1_024
"""Questions whose answer is remembered."""
DEEPEST: Final = 32
"""Directories in one another that are made for a path that nobody granted."""
ANSWERED: Final = Decision(Verdict.ALLOW, "answered dry", Decider.DRY)


class MissingGrants:
    """Implements judge.StandIn for one run."""

    def __init__(self, live: LiveRun) -> None:
        self._live = live
        self._known: dict[Question, Decision | None] = {}

    def instead(self, question: Question, decision: Decision) -> Decision | None:
        """The decision as it were with the line that is missing; None if none would help."""
        if {one.processor for one in decision.opinions} - {Decider.GRANTS, Decider.MANIFEST}:
            return None
        if question not in self._known:
            if len(self._known) >= MOST:
                self._known.clear()
            self._known[question] = self._with_line(question, decision)
        return self._known[question]

    def _with_line(self, question: Question, decision: Decision) -> Decision | None:
        found = suggest(question, decision, self._live.plan, self._live.extensions)
        if found is None:
            # What names nothing reaches nothing by a name: a list, a method of what was answered.
            return None if str(question.target) else ANSWERED
        if question.capability in DEFAULT_CAPABILITIES:
            return ANSWERED
        grant = self._grant(question, found)
        return None if grant is None else msgspec.structs.replace(ANSWERED, grant=grant)

    def _grant(self, question: Question, found: Suggestion) -> Grant | None:
        scopes = find_scopes(question.capability)
        plan = self._live.plan
        try:
            document = Document("", kind="manifest", path=None)
            value = fill(document, found.value, plan.resolved.get("vars", {}))
            grants = grants_at(found.place, value)
        except (ValueError, OperatorError):  # what a guest asked for is none that can be said
            return None
        grant = None if scopes is None else scopes.find_grant(grants, question)
        if grant is None or grant.mount is None:
            return grant
        own = plan.holders[question.holder].grants
        if any(one.mount and one.mount.path == grant.mount.path for one in own):
            return grant
        # A directory that nobody has named yet is in the empty one at the root (scratch.py).
        root = Mount(ROOT, "", grant.mount.at, write=True)
        self._make_dirs(question.holder, root, split_names(grant.mount.path))
        return msgspec.structs.replace(grant, mount=root)

    def _make_dirs(self, holder: str, root: Mount, names: Sequence[str]) -> None:
        """Make the directory that a grant would be of, as a real run does for one to write."""
        files = cast(Opened, self._live.services).files
        if files is None or len(names) > DEEPEST:
            return
        tree = files.of(holder).tree(root)
        for depth in range(1, len(names) + 1):
            with suppress(OSError, CallError, Asks):
                tree.make_dir(names[:depth], Access(read=False, write=True))
