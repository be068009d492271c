"""Look here if you want to know what the keys of `[service]` mean, in a few words."""

from typing import Final

from pydantic import BaseModel

from lion.manifest import schedules, service_bus, service_table
from lion.manifest.keys import ABSENT, NEEDED, NONE, Key

SERVICE_MEANINGS: Final[dict[type[BaseModel], dict[str, Key]]] = {
    service_table.ServiceTable: {
        "slots": Key("count", "8", "tasks that work at the same time"),
        "strategy": Key("text", "priority", "whose turn it is: `fifo`, `round-robin`, `priority`"),
        "ageing": Key("time", "30 s", "after which a waiting task counts as a priority higher"),
        "adviser": Key("a name", NONE, "a plugin here whose tool `advise` suggests an order"),
        "resources": Key("table", NONE, 'tokens by name: `{ "model:fast" = 4 }`'),
        "queue": Key("count", "1_000", "tasks that may wait; more are refused"),
        "grace": Key("time", "30 s", "how long what works may go on when the service stops"),
        "bus": Key("table", ABSENT, "how its runs, and other services, write to each other"),
    },
    schedules.ScheduleTable: {
        "agent": Key("a name", ABSENT, "an agent that begins"),
        "task": Key("text", ABSENT, "what it shall do; `=` begins an expression about `event`"),
        "call": Key("plugin.function", ABSENT, "a tool that is called"),
        "workflow": Key("a name", ABSENT, "a workflow that begins; one of these three"),
        "with": Key("table", NONE, "arguments by name, with expressions about `event`"),
        "every": Key("time", ABSENT, "it begins each time this has passed, at least `1 s`"),
        "at": Key("time of day", "00:00", "in UTC: from when `every` counts, `02:30`"),
        "missed": Key("text", "last", "of instants that passed: the `last` begins, or `each`"),
        "topic": Key("a pattern", ABSENT, "it begins with a message on such a topic of the bus"),
        "at-once": Key("count", "1, with a topic none", "tasks of it that may be unfinished"),
    },
    service_bus.ServiceBusTable: {
        "name": Key("a name", NEEDED, "by which others write to it: `@NAME/...`"),
        "topics": Key("list of patterns", NONE, "topics that leave their runs: `news.*`"),
        "peers": Key("list of names", NONE, "other services, by their own `name`"),
        "redis": Key("URL", NONE, "where letters travel: `redis://host:6379/0`, `rediss://`"),
        "user": Key("text", NONE, "of Redis, if it has users"),
        "password": Key("a secret's name", NONE, "of Redis; its `hosts` have to have that"),
        "key": Key("a secret's name", NONE, "by which services know each other: 32 characters"),
        "keep": Key("count", "10_000", "letters a stream holds; the oldest go"),
    },
}
