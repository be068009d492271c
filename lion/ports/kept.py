"""Look here if you want to know how it is said what guests keep: stores of kv, elements."""

import msgspec


class KeptStore(msgspec.Struct, frozen=True, kw_only=True):
    """What one holder of one owner keeps (kv): how many keys, and bytes of keys and values."""

    owner: str
    holder: str
    keys: int
    bytes: int


class KeptElement(msgspec.Struct, frozen=True, kw_only=True):
    """An element as a guest keeps it; `created_ms` since 1970, `content` is JSON, `places` say
    where it stands in which progressions.
    """

    id: str
    kind: str
    created_ms: int
    revision: int
    content: str
    places: dict[str, int]
