"""Look here if you want to know how bytes travel in a string (`types.packed`).

Rule: two packed texts are equal if their bytes are: "hiu" and "aGk=b" hold the same.
Rule: what is packed here is text if it can be, because text crosses at the price of a copy.
"""

import binascii

from lion.domain.call import CallError


def pack(data: bytes | memoryview) -> str:
    """Bytes as packed text: themselves and `u` if they are UTF-8, base64 and `b` if not."""
    try:
        text = str(data, "utf-8")
        text += "u"  # in place: a second text of 256 KiB costs ten times as long as the first
        return text
    except UnicodeDecodeError:
        return binascii.b2a_base64(data, newline=False).decode() + "b"


def unpack(text: str) -> bytes:
    """The bytes a packed text holds. Raises CallError("invalid")."""
    match text[-1:]:
        case "u":
            return text[:-1].encode()
        case "b":
            return _decode_base64(text[:-1])
        case "":
            raise CallError("invalid", "a packed value is never empty: it ends with u or b")
        case last:
            raise CallError("invalid", f"a packed value ends with u or b, this one with {last!r}")


def check_packed(text: str) -> None:
    """Check the form only, without a copy of what is text. Raises CallError("invalid")."""
    if text[-1:] != "u":
        unpack(text)


def _decode_base64(text: str) -> bytes:
    # Strict mode alone takes "AAAA=" for whole on some Pythons; the answer must not depend on it.
    if len(text) % 4 or text.endswith("==="):
        words = "a packed value that ends with b is padded base64, this one is padded wrongly"
        raise CallError("invalid", words)
    try:
        return binascii.a2b_base64(text, strict_mode=True)
    except ValueError as exc:
        words = f"a packed value that ends with b is padded base64, this one is not: {exc}"
        raise CallError("invalid", words) from exc
