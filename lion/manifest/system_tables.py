"""Look here if you want to know which limits hold for code that no sandbox holds."""

from lion.manifest.fields import Count, MaybeCount, MaybeRate, MaybeSize, MaybeTime
from lion.manifest.table import Table


class SystemLimits(Table):
    """Limits of a system plugin: those that can be enforced on Python."""

    deadline: MaybeTime = None
    calls: MaybeCount = None
    rate: MaybeRate = None
    output: MaybeSize = None
    log: MaybeSize = None
    concurrent: Count = 0
