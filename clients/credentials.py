"""Keys that sign what the venue gives a client to sign.

The venue's key has the same id: ``public_keys`` or ``hmac_keys`` of the session (config/default.yaml).
"""

from __future__ import annotations

import hmac
from typing import Protocol

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gateways.binary.authentication import SignatureAlgorithm


class SigningKey(Protocol):
    """What :class:`Ed25519Key` and :class:`HmacKey` are."""

    @property
    def key_id(self) -> str:
        """The venue's name of the key; empty: it tries all that the session has."""

    @property
    def algorithm(self) -> SignatureAlgorithm:
        """How it signs."""

    def sign(self, payload: bytes) -> bytes:
        """The signature's bytes."""


class Ed25519Key:
    """A private key (RFC 8032) of 32 bytes. It stays out of ``repr``. Raises ``ValueError`` for another length."""

    algorithm = SignatureAlgorithm.ED25519

    def __init__(self, private: bytes, key_id: str = "") -> None:
        self.key_id = key_id
        self._private = Ed25519PrivateKey.from_private_bytes(private)

    def sign(self, payload: bytes) -> bytes:
        """See :class:`SigningKey`."""
        return self._private.sign(payload)

    def __repr__(self) -> str:
        return f"Ed25519Key({self.key_id!r})"


class HmacKey:
    """A secret of 16 to 64 bytes that the venue has too. It stays out of ``repr``."""

    algorithm = SignatureAlgorithm.HMAC_SHA256

    def __init__(self, secret: bytes, key_id: str = "") -> None:
        self.key_id = key_id
        self._secret = secret

    def sign(self, payload: bytes) -> bytes:
        """See :class:`SigningKey`."""
        return hmac.digest(self._secret, payload, "sha256")

    def __repr__(self) -> str:
        return f"HmacKey({self.key_id!r})"
