"""Look here if you want to know how a service says no.

Rule: each has the fact `status`, as HTTP counts it, for whoever speaks that.
"""

from lion.domain.names import did_you_mean
from lion.domain.task import Principal, Role
from lion.errors import OperatorError


def not_allowed(principal: Principal, command: str, role: Role) -> OperatorError:
    """Build the error for who has not the role that a command needs."""
    return OperatorError(
        f"{principal.word} is {principal.role}, and {command!r} is for {role}s",
        hint="ask somebody of that role", status=403,
    )  # fmt: skip


def queue_full(most: int) -> OperatorError:
    """Build the error for a task that finds no place."""
    return OperatorError(
        f"the queue is full: {most:,} tasks wait already",
        hint="submit it later, or give the service a longer queue: [service] queue = ...",
        status=429,
    )


def is_stopping() -> OperatorError:
    """Build the error for work that comes while the service stops."""
    return OperatorError(
        "the service is stopping and takes no new work",
        hint="start it again: lion serve", status=503,
    )  # fmt: skip


def unknown_task(id: str, known: list[str]) -> OperatorError:
    """Build the error for a task that is not there, or for a beginning that several have."""
    several = [one for one in known if id and one.startswith(id)]
    if len(several) > 1:
        return OperatorError(
            f"{id!r} may be any of {len(several)} tasks",
            hint="type more of the id", status=404,
        )  # fmt: skip
    hint = did_you_mean(id, known) if known else "submit one: lion task submit"
    return OperatorError(f"there is no task {id!r}", hint=hint, status=404)


def wrong_state(id: str, state: str, hint: str) -> OperatorError:
    """Build the error for what cannot be done to a task any more, or not yet."""
    return OperatorError(f"task {id} is {state}", hint=hint, status=409)


def gets_no_work(holder: str, reason: str) -> OperatorError:
    """Build the error for work of a holder that is disabled."""
    return OperatorError(
        f"{holder!r} gets no work: {reason}", hint=f"enable it: lion plugin enable {holder}",
        status=409,
    )  # fmt: skip


def no_resource(name: str, known: list[str]) -> OperatorError:
    """Build the error for a resource that the service does not count."""
    hint = "name it under [service] resources = { ... }"
    if known:
        hint = f"{did_you_mean(name, known)} or {hint}"
    return OperatorError(f"there is no resource {name!r} to hold", hint=hint, status=400)


def too_many_tokens(name: str, wanted: int, most: int) -> OperatorError:
    """Build the error for a task that could never begin."""
    return OperatorError(
        f"the task needs {wanted} of {name!r}, of which there are {most}",
        hint="ask for fewer, or have more: [service] resources = { ... }", status=400,
    )  # fmt: skip


def differs(name: str, changes: tuple[str, ...], token: str) -> OperatorError:
    """Build the error for an update that somebody has to accept first."""
    return OperatorError(
        f"the new {name!r} may do other things than the installed one: {'; '.join(changes)}",
        hint=f"accept exactly this: lion plugin update {name} --accept {token}",
        status=409, changes=list(changes), accept=token,
    )  # fmt: skip
