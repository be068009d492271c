"""Look here if you want to know how the memory of many instances is counted together: a holder's,
a run's, a process's.

Rule: what one instance gets is counted in every sum it belongs to, or in none.
Rule: only one thread counts at a time; whoever counts sees to that.
"""


class MemorySum:
    """Bytes of linear memory that the live instances of somebody have together, at most `limit`
    (None: as many as they like). `whose` and `hint` are for the sentence if that is not enough.
    """

    __slots__ = ("_parent", "hint", "is_shared", "limit", "used", "whose")

    def __init__(
        self,
        whose: str,
        limit: int | None,
        hint: str,
        parent: "MemorySum | None" = None,
        is_shared: bool = False,
    ) -> None:
        """`is_shared`: others than the guest's holder are in it, of whom the guest is not told."""
        self.whose = whose
        self.limit = limit
        self.hint = hint
        self.is_shared = is_shared
        self.used = 0
        self._parent = parent

    def take(self, size: int) -> "MemorySum | None":
        """Count so many bytes more here and above; the sum that has no room for them, if any."""
        if (full := self._full(size)) is None:
            self._add(size)
        return full

    def give(self, size: int) -> None:
        """Count them no longer."""
        self._add(-size)

    def _full(self, size: int) -> "MemorySum | None":
        if self.limit is not None and self.used + size > self.limit:
            return self
        return None if self._parent is None else self._parent._full(size)

    def _add(self, size: int) -> None:
        self.used += size
        if self._parent is not None:
            self._parent._add(size)


def holders_sum(holder: str, limit: int, parent: MemorySum | None) -> MemorySum:
    """The one of a holder, as its limits say."""
    hint = 'raise it with limits = { memory-sum = "..." }'
    return MemorySum(f"the instances of {holder!r}", limit, hint, parent)


def runs_sum(limit: int | None, parent: MemorySum | None) -> MemorySum:
    """The one of a run, as its manifest says."""
    hint = 'raise it with [limits] memory = "..." in the manifest, or start fewer at once'
    return MemorySum("the instances of this run", limit, hint, parent, is_shared=True)


def process_sum(limit: int | None) -> MemorySum:
    """The one of this process."""
    hint = "let some end first, or raise it with the variable LION_MEMORY or open_host(memory=)"
    return MemorySum("all instances of this process", limit, hint, is_shared=True)
