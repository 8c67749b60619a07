"""Keys that sign what the venue gives a client to sign.

The venue's key has the same id: ``public_keys`` or ``hmac_keys`` of the session (config/default.yaml).
"""

from __future__ import annotations

import base64
import hmac
from typing import Final, Protocol

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

_ED25519: Final = 1
_HMAC_SHA256: Final = 2
_BEGINS: Final = "TradeEngine-SoupBin-1"


class SigningKey(Protocol):
    """What :class:`Ed25519Key` and :class:`HmacKey` are."""

    @property
    def key_id(self) -> str:
        """The venue's name of the key; empty: it tries all that the session has."""

    @property
    def algorithm(self) -> int:
        """The schema's SignatureAlgorithm."""

    def sign(self, payload: bytes) -> bytes:
        """In base64."""


class Ed25519Key:
    """A private key (RFC 8032) of 32 bytes. It stays out of ``repr``. Raises ``ValueError`` for another length."""

    algorithm = _ED25519

    def __init__(self, private: bytes, key_id: str = "") -> None:
        self.key_id = key_id
        self._private = Ed25519PrivateKey.from_private_bytes(private)

    def sign(self, payload: bytes) -> bytes:
        """See :class:`SigningKey`."""
        return base64.b64encode(self._private.sign(payload))

    def __repr__(self) -> str:
        return f"Ed25519Key({self.key_id!r})"


class HmacKey:
    """A secret of 16 to 64 bytes that the venue has too. It stays out of ``repr``."""

    algorithm = _HMAC_SHA256

    def __init__(self, secret: bytes, key_id: str = "") -> None:
        self.key_id = key_id
        self._secret = secret

    def sign(self, payload: bytes) -> bytes:
        """See :class:`SigningKey`."""
        return base64.b64encode(hmac.digest(self._secret, payload, "sha256"))

    def __repr__(self) -> str:
        return f"HmacKey({self.key_id!r})"


def signed_payload(session: str, username: str, nonce: str) -> bytes:
    """What both sides sign: names and nonce, so that a signature is good for this login of this user only."""
    return "\x01".join((_BEGINS, session, username, nonce)).encode("ascii")
