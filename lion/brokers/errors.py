"""Look here if you want to know what is said of a broker that cannot be used."""


class BrokerError(Exception):
    """It is not there, too slow, or says what makes no sense. The words are lion's own: nothing
    that it answered is in them but the code of an error.
    """

    def __init__(self, what: str, code: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.code = code
