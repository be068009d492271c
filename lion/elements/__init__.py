"""Look here if you want to know which primitives lion is made of: Element, Pile, Progression,
Event, Log, Branch. A public interface: a program may use them for things of its own, and reads the
system's tasks, runs and plugins as these.

Rule: what is read from a dict is of a class that was registered, by its own name; none is ever
imported by one.
"""

from lion.elements.branch import Branch as Branch
from lion.elements.element import BadElement as BadElement
from lion.elements.element import Element as Element
from lion.elements.element import from_dict as from_dict
from lion.elements.event import Event as Event
from lion.elements.event import EventStatus as EventStatus
from lion.elements.event import Execution as Execution
from lion.elements.log import Log as Log
from lion.elements.pile import Pile as Pile
from lion.elements.progression import Progression as Progression
