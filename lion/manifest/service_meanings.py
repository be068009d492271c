"""Look here if you want to know what the keys of `[service]` mean, in a few words."""

from typing import Final

from pydantic import BaseModel

from lion.manifest import service_bus, service_table
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
