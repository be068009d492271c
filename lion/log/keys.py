"""Look here if you want to know where the operator's signing key is kept, and who may read it.

Rule: the key is Ed25519, in PEM (PKCS #8) as openssl reads it, mode 0600, never made over another.
Rule: a key that others can read is refused: what it signs would prove nothing.
"""

import os
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final

from lion.errors import OperatorError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

KEY_NAME: Final = "signing-key.pem"
PUBLIC_NAME: Final = "signing-key.pub.pem"
_LARGEST: Final = 16 * 1024


class SigningKey:
    """An operator's key (heads.Signer)."""

    def __init__(self, private: "Ed25519PrivateKey") -> None:
        self._private = private

    @cached_property
    def public(self) -> bytes:
        """The public key, 32 bytes."""
        return self._private.public_key().public_bytes_raw()

    def sign(self, data: bytes) -> bytes:
        """64 bytes."""
        return self._private.sign(data)

    def public_pem(self) -> bytes:
        """The public key as openssl reads it."""
        from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

        form = PublicFormat.SubjectPublicKeyInfo
        return self._private.public_key().public_bytes(Encoding.PEM, form)


def make_key(folder: Path) -> SigningKey:
    """Make a key in the configuration directory, and its public half beside it. Raises
    OperatorError if there is one, or it cannot be written."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import (
        Encoding,
        NoEncryption,
        PrivateFormat,
    )

    private = Ed25519PrivateKey.generate()
    key = SigningKey(private)
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path = folder / KEY_NAME
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _write(path, pem, 0o600)
        with suppress(FileNotFoundError):  # of a key that was moved away
            (folder / PUBLIC_NAME).unlink()
        _write(folder / PUBLIC_NAME, key.public_pem(), 0o644)
    except FileExistsError:
        raise OperatorError(
            f"there is a key already: {path}",
            hint="keep it, or move it away first: what it signed is verified by its public half",
        ) from None
    except OSError as exc:
        raise OperatorError(
            f"the key {path} cannot be written: {exc.strerror}", hint="make the folder writable"
        ) from exc
    return key


def read_key(folder: Path | None) -> SigningKey | None:
    """The key of the configuration directory, if there is one. Raises OperatorError for one that
    others can read, or that is none."""
    if folder is None or not os.path.lexists(folder / KEY_NAME):
        return None
    path = folder / KEY_NAME
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        with os.fdopen(descriptor, "rb") as file:
            mode = os.fstat(descriptor).st_mode
            text = file.read(_LARGEST)
    except OSError as exc:
        raise OperatorError(
            f"the signing key {path} cannot be read: {exc.strerror}", hint="mend its rights"
        ) from exc
    if mode & 0o077:
        raise OperatorError(
            f"the signing key {path} can be read by others", hint=f"type: chmod 600 {path}"
        )
    return SigningKey(_private(path, text))


def _private(path: Path, text: bytes) -> "Ed25519PrivateKey":
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        private = load_pem_private_key(text, None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        private = None
    if not isinstance(private, Ed25519PrivateKey):
        raise OperatorError(
            f"{path} is no Ed25519 key without a passphrase",
            hint="move it away, and make one with: lion keygen",
        )
    return private


def read_public(path: Path) -> bytes:
    """A public key, 32 bytes, from a PEM file. Raises OperatorError."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    try:
        with open(path, "rb") as file:
            found = load_pem_public_key(file.read(_LARGEST))
    except OSError as exc:
        raise OperatorError(
            f"the key {str(path)!r} cannot be read: {exc.strerror}", hint="check the path"
        ) from exc
    except (ValueError, UnsupportedAlgorithm):
        found = None
    if not isinstance(found, Ed25519PublicKey):
        raise OperatorError(
            f"{str(path)!r} is no public Ed25519 key in PEM", hint=f"name a {PUBLIC_NAME}"
        )
    return found.public_bytes_raw()


def _write(path: Path, data: bytes, mode: int) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
    with os.fdopen(os.open(path, flags, mode), "wb") as file:
        os.fchmod(file.fileno(), mode)
        file.write(data)
