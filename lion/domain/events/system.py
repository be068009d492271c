"""Look here if you want to know which facts of system plugins the log holds."""

from lion.domain.events.base import Event


class SystemPluginLoaded(Event, frozen=True):
    """Trusted Python was loaded, outside of the sandbox: whose code, by which entry point (`use`).

    It judges calls of `judges`, hears records of `hears` ("*": all), and executes what it `offers`
    to guests: `acme:shelf/books@1.0.0#find(title)`, in brackets the target.
    """

    holder: str
    use: str
    distribution: str
    version: str
    contract: int
    imports: tuple[str, ...] = ()
    tools: tuple[str, ...] = ()
    judges: tuple[str, ...] = ()
    hears: tuple[str, ...] = ()
    offers: tuple[str, ...] = ()


class SystemPluginFailed(Event, frozen=True):
    """A system plugin failed outside of a tool call: `part` is load, judge, hear or close."""

    holder: str
    part: str
    error: str


class SystemPluginLagged(Event, frozen=True):
    """A listener was behind by so many records; at the run's end those it never heard."""

    holder: str
    behind: int
    is_final: bool = False
