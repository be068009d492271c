"""Look here if you want to know how a secret's value is carried without ever being shown."""


class Hidden:
    """A value that no `repr`, format, traceback or log shows; `reveal` is the only way to it."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The value, for whoever puts it into a request."""
        return self._value

    def __repr__(self) -> str:
        return "[hidden]"

    def __reduce__(self) -> str:
        raise TypeError("a hidden value is not written down")
