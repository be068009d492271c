"""Look here if you want to know which calls on files a grant or a rule speaks of.

    fs write **              whatever writes: open, write, unlink, rename, ...
    fs read /notes/**        whatever reads below /notes
    fs unlink /notes/**      this function only

Rule: `read` and `write` in a rule are what a call does, not the functions of these names.
Rule: a call with two paths needs both; what moves a directory is about all that is in it.
Rule: a rule sees through case, Unicode forms and invisible characters, because a file system may;
a grant does not, because what it does not name it does not give.
"""

from collections.abc import Collection, Iterator, Sequence
from typing import Any

import msgspec

from lion.domain.call import Target
from lion.domain.plan import Grant, Holder, Plan
from lion.domain.question import Question
from lion.domain.surroundings import Surroundings
from lion.scopes.fs_grant import common_mount, suggested_entries, warn_of_directories
from lion.scopes.fs_path import ACCESSES, Claim, FsTarget, fold, is_below, read_fs_target
from lion.scopes.named import NamedScopes, RuleScope, all_granted, granted
from lion.scopes.pattern import BadPattern, Pattern, compile_pattern

SEPARATOR = "/"


class FsScopes(NamedScopes):
    """Directories: a grant is of one (`mount`), a rule's pattern of paths."""

    def read_target(self, text: str) -> Target:
        """The claims of a call; the text itself if it is none's."""
        try:
            return read_fs_target(text) if text else text
        except ValueError:
            return text

    def rule_pattern(self, text: str) -> Pattern:
        """The pattern of a rule on files, folded. Raises BadPattern."""
        text = text.strip()
        if text and text[0] not in "/*":
            raise BadPattern(f"{text[:40]!r} matches no path; paths begin with /")
        return compile_pattern(fold(text), SEPARATOR)

    def rule_flaw(self, pattern: Pattern) -> str:
        """Paths have one form: no empty name, no dots, no slash at the end."""
        names = pattern.text.split(SEPARATOR)[1:]
        odd = next((name for name in names if name in ("", ".", "..")), None)
        if odd is None or pattern.text == SEPARATOR:
            return ""
        return f"no path has a name {odd!r} in it, or a slash at its end"

    def rule_meets(self, pattern: Pattern, plan: Plan, tools: Collection[str]) -> bool:
        """Whether it could be about something in a directory that is granted."""
        paths = [fold(g.mount.path) for g in all_granted(plan, "fs") if g.mount is not None]
        return any(
            pattern.matches(path) or pattern.may_follow(path.rstrip(SEPARATOR) + SEPARATOR)
            for path in paths
        )

    def find_grant(self, grants: Sequence[Grant], question: Question) -> Grant | None:
        """Of the directories that hold all paths of a call the innermost one, if that covers it:
        what lies under a mount is that mount's.
        """
        claims = _claims(question.target)
        if claims is None:
            return None
        holding = [grant for grant in grants if _holds(grant, claims)]
        if claims:
            holding = sorted(holding, key=_depth)[-1:]
        return super().find_grant(holding, question)

    def covers(self, grant: Grant, question: Question) -> bool:
        """True if all paths of a call are in the directory, and none is written that is read-only.

        A call without a path reaches nothing by one.
        """
        claims = _claims(question.target)
        if claims is None or grant.mount is None:
            return False
        is_known = question.operation in self.capability.operations
        may_write = grant.mount.write or not any(claim.write for claim in claims)
        return is_known and may_write and _holds(grant, claims)

    def speaks_of(self, scope: RuleScope, question: Question) -> bool:
        """True if a rule with this operation (or `read`, `write`) is about the call."""
        claims = _claims(question.target)
        if claims is None:
            return True
        if scope.operation in ACCESSES:
            if scope.pattern is None and question.operation == scope.operation:
                return True
            claims = tuple(claim for claim in claims if getattr(claim, scope.operation))
            if scope.pattern is None:
                return bool(claims)
        elif scope.operation not in (None, question.operation):
            return False
        if scope.pattern is None:
            return True
        return any(_matches(scope.pattern, claim, question.operation) for claim in claims)

    def attenuate(self, grant: Grant, by: Grant) -> Grant | None:
        """The part of the first directory that both give."""
        if grant.mount is None or by.mount is None:
            return None
        mount = common_mount(grant.mount, by.mount)
        return None if mount is None else msgspec.structs.replace(grant, mount=mount)

    def warn(
        self, holder: Holder, plan: Plan, around: Surroundings, tools: Collection[str]
    ) -> Iterator[str]:
        """Directories that would be refused, and a person's home that may be written."""
        yield from warn_of_directories(granted(holder, "fs"), holder.name, around)

    def scope_of(self, grant: Grant) -> tuple[str, ...]:
        """The guest's directory."""
        return () if grant.mount is None else (grant.mount.path,)

    def suggest(self, holder: Holder, plan: Plan, question: Question) -> Any:
        """The entries there are, one of them widened, or one more."""
        claims = _claims(question.target)
        if not claims:
            return None
        return suggested_entries(question.operation, claims, granted(holder, "fs"))


def _claims(target: Target) -> tuple[Claim, ...] | None:
    """What a call wants of which paths; None of a target that makes no sense."""
    if isinstance(target, FsTarget):
        return target.claims
    return None if target else ()


def _holds(grant: Grant, claims: Sequence[Claim]) -> bool:
    mount = grant.mount
    return mount is not None and all(is_below(claim.path, mount.path) for claim in claims)


def _depth(grant: Grant) -> int:
    return 0 if grant.mount is None else len(grant.mount.path.rstrip(SEPARATOR))


def _matches(pattern: Pattern, claim: Claim, operation: str) -> bool:
    path = fold(claim.path)
    if pattern.matches(path):
        return True
    inside = path.rstrip(SEPARATOR) + SEPARATOR
    if claim.is_tree:
        return pattern.may_follow(inside)
    return operation == "list" and pattern.may_follow_within(inside)
