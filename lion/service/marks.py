"""Look here if you want to know how far a service has come with its letters: what it sent, and
what it took of each other one.

Rule: letters of one service are counted upwards, so one that is not above its mark was here.
"""

from collections.abc import Mapping

import msgspec

from lion.domain.events import BusOpened, LettersSent, LettersTaken
from lion.domain.letter import Letter

BusEvent = BusOpened | LettersSent | LettersTaken


class Marks(msgspec.Struct, frozen=True):
    """`epoch` is when it first sent anything (0: never). `sent` says by way how far in its log
    letters are on; `taken` by service which one was the last.
    """

    epoch: int = 0
    sent: Mapping[str, int] = {}
    taken: Mapping[str, tuple[int, int]] = {}

    def changed(self, event: BusEvent) -> "Marks":
        """After a fact."""
        match event:
            case BusOpened():
                return msgspec.structs.replace(
                    self, epoch=event.epoch, sent={**event.sent, **self.sent}
                )
            case LettersSent():
                return msgspec.structs.replace(self, sent={**self.sent, event.way: event.position})
            case LettersTaken():
                taken = {name: (one[0], one[1]) for name, one in event.taken.items()}
                return msgspec.structs.replace(self, taken={**self.taken, **taken})

    def was_taken(self, letter: Letter) -> bool:
        """Whether it was here before."""
        return letter.place <= self.taken.get(letter.service, (-1, -1))
