"""Look here if you want to know which calls on files a grant or a rule speaks of.

    fs write **              whatever writes: open, write, unlink, rename, ...
    fs read /notes/**        whatever reads below /notes
    fs unlink /notes/**      this function only

Rule: `read` and `write` in a rule are what a call does, not the functions of these names.
Rule: a call with two paths needs both; what moves a directory is about all that is in it.
Rule: a rule sees through case, Unicode forms and invisible characters, because a file system may;
a grant does not, because what it does not name it does not give.
"""

from lion.domain.call import HostCall
from lion.domain.plan import Mount
from lion.domain.question import Question
from lion.scopes.fs_path import ACCESSES, Claim, fold, is_below, parse_target
from lion.scopes.pattern import BadPattern, Pattern, compile_pattern

SEPARATOR = "/"


def mount_covers(mount: Mount, call: HostCall | Question) -> bool:
    """True if all paths of a call are below the mount, and none is written that is read-only.

    A call without a path reaches nothing by one.
    """
    try:
        claims = parse_target(call.target)
    except ValueError:
        return False
    return all(
        is_below(claim.path, mount.path) and (mount.write or not claim.write) for claim in claims
    )


def fs_pattern(text: str) -> Pattern:
    """The pattern of a rule on files, folded. Raises BadPattern."""
    text = text.strip()
    if text and text[0] not in "/*":
        raise BadPattern(f"{text[:40]!r} matches no path; paths begin with /")
    return compile_pattern(fold(text), SEPARATOR)


def speaks_of(operation: str | None, pattern: Pattern | None, question: Question) -> bool:
    """True if a rule with this operation (or `read`, `write`) and pattern is about the call."""
    try:
        claims = parse_target(question.target)
    except ValueError:
        return True
    if operation in ACCESSES:
        if pattern is None and question.operation == operation:
            return True
        claims = tuple(claim for claim in claims if getattr(claim, operation))
        if pattern is None:
            return bool(claims)
    elif operation not in (None, question.operation):
        return False
    if pattern is None:
        return True
    return any(_matches(pattern, claim, question.operation) for claim in claims)


def _matches(pattern: Pattern, claim: Claim, operation: str) -> bool:
    path = fold(claim.path)
    if pattern.matches(path):
        return True
    inside = path.rstrip(SEPARATOR) + SEPARATOR
    if claim.is_tree:
        return pattern.may_follow(inside)
    return operation == "list" and pattern.may_follow_within(inside)
