"""Look here if you want to know which facts the log holds; a file of this folder says what each of
them says.

Rule: names and fields are for ever. A new meaning is a new field with a default, or a new version
with an upcaster (upcast.py, the one place where records are read).
"""

from lion.domain.events.approvals import (
    ApprovalAsked,
    ApprovalConsumed,
    ApprovalDecided,
    ApprovalExpired,
)
from lion.domain.events.base import (
    Event,
    encode_body,
)
from lion.domain.events.calls import (
    AgentPartialOutput,
    CallFinished,
    CallRedirected,
    CallRequested,
    CallWaits,
    EffectSettled,
)
from lion.domain.events.guests import (
    AgentCompleted,
    AgentError,
    AgentSpawned,
    AnswerJudged,
    PluginError,
    PluginFailed,
    PluginInvoked,
    PluginLoaded,
    PluginResult,
)
from lion.domain.events.runs import (
    BudgetWarned,
    HeadSigned,
    LineLogged,
    RunEnding,
    RunFinished,
    RunForgotten,
    RunForked,
    RunResumed,
    RunStarted,
    StateCheckpointed,
)
from lion.domain.events.system import (
    SystemPluginFailed,
    SystemPluginLagged,
    SystemPluginLoaded,
)

_ALL: tuple[type[Event], ...] = (
    RunStarted,
    RunFinished,
    PluginLoaded,
    PluginFailed,
    PluginInvoked,
    PluginResult,
    PluginError,
    AgentSpawned,
    AgentCompleted,
    AgentError,
    CallRequested,
    CallFinished,
    CallRedirected,
    BudgetWarned,
    LineLogged,
    SystemPluginLoaded,
    SystemPluginFailed,
    SystemPluginLagged,
    RunEnding,
    AgentPartialOutput,
    StateCheckpointed,
    HeadSigned,
    RunForgotten,
    CallWaits,
    ApprovalAsked,
    ApprovalDecided,
    ApprovalConsumed,
    ApprovalExpired,
    AnswerJudged,
    RunResumed,
    EffectSettled,
    RunForked,
)
EVENTS: dict[str, type[Event]] = {kind.__name__: kind for kind in _ALL}
"""Every event by its type name in the log."""

__all__ = [
    "EVENTS",
    "AgentCompleted",
    "AgentError",
    "AgentPartialOutput",
    "AgentSpawned",
    "AnswerJudged",
    "ApprovalAsked",
    "ApprovalConsumed",
    "ApprovalDecided",
    "ApprovalExpired",
    "BudgetWarned",
    "CallFinished",
    "CallRedirected",
    "CallRequested",
    "CallWaits",
    "EffectSettled",
    "Event",
    "HeadSigned",
    "LineLogged",
    "PluginError",
    "PluginFailed",
    "PluginInvoked",
    "PluginLoaded",
    "PluginResult",
    "RunEnding",
    "RunFinished",
    "RunForgotten",
    "RunForked",
    "RunResumed",
    "RunStarted",
    "StateCheckpointed",
    "SystemPluginFailed",
    "SystemPluginLagged",
    "SystemPluginLoaded",
    "encode_body",
]
