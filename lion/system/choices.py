"""Look here if you want to know which types of settings choose among capabilities or events.

    class Settings(PluginSettings):
        capabilities: tuple[CapabilityName, ...] = EVERYTHING
        events: tuple[EventName, ...] = ("RunEnding",)

Rule: a name that does not exist is refused with the nearest one that does, when a manifest is
checked.
"""

from typing import Annotated

from pydantic import AfterValidator

from lion.domain.capability import KNOWN, is_extension
from lion.domain.events import EVENTS, RunEnding, RunFinished
from lion.domain.names import did_you_mean
from lion.system.contract import EVERYTHING


def _check_capability(name: str) -> str:
    if name not in (*KNOWN, *EVERYTHING) and not is_extension(name):
        raise ValueError(f"there is no capability {name!r}; {did_you_mean(name, KNOWN)}")
    return name


def _check_event(name: str) -> str:
    if name == RunFinished.__name__:
        last = RunEnding.__name__
        raise ValueError(f"nobody hears {name}, which is the last record; write {last}")
    if name not in (*EVENTS, *EVERYTHING):
        raise ValueError(f"there is no event {name!r}; {did_you_mean(name, EVENTS)}")
    return name


CapabilityName = Annotated[str, AfterValidator(_check_capability)]
"""A capability, the interface of a system plugin (`acme:shelf/books`), or "*" for all."""

EventName = Annotated[str, AfterValidator(_check_event)]
"""The type of a record that listeners hear (lion/domain/events), or "*" for all."""
