"""The types of what `import lion` has; a test holds this and __init__.py together."""

from lion import blocking as blocking
from lion.domain import events as events
from lion.domain.approval import Answer as Answer
from lion.domain.record import Record as Record
from lion.errors import AuditError as AuditError
from lion.errors import GuestError as GuestError
from lion.errors import InternalError as InternalError
from lion.errors import Interrupted as Interrupted
from lion.errors import LionError as LionError
from lion.errors import OperatorError as OperatorError
from lion.errors import OutsideError as OutsideError
from lion.errors import OwnError as OwnError
from lion.history import ReplayReport as ReplayReport
from lion.history import open_history as open_history
from lion.history import replay_run as replay_run
from lion.host import Host as Host
from lion.kernel.run import Run as Run
from lion.opening import open_host as open_host
from lion.review.check import ManifestAudit as ManifestAudit
from lion.review.report import Denial as Denial
from lion.review.report import Ending as Ending
from lion.review.report import RunReport as RunReport
from lion.review.run import RunAudit as RunAudit
from lion.settings import Settings as Settings

__version__: str
