"""Keys by which clients sign their logons: how they are written, ``id:base64``, and how secret ones are sealed.

A public key (Ed25519, RFC 8032) is no secret. An HMAC key is: the journal holds it sealed (AES-256-GCM) with the
venue's own key, and bound to the session that it belongs to, so that no other session's event can carry it.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable
from typing import Final, NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

ED25519_BYTES: Final = 32
HMAC_BYTES_MIN: Final = 16
HMAC_BYTES_MAX: Final = 64
HMAC_BYTES_MADE: Final = 32
"""Of a key that the venue makes."""
KEYS_MAX: Final = 8
"""Keys of one kind that a session has at a time: enough to rotate, few enough to try each."""
VENUE_KEY_BYTES: Final = 32

KEY_ID: Final = r"[A-Za-z0-9._-]{1,32}"
_KEY = re.compile(rf"({KEY_ID}):([A-Za-z0-9+/]+={{0,2}})")
_NONCE_BYTES: Final = 12
_TEXT_MAX: Final = 512


class Key(NamedTuple):
    """A key and the name by which it is given, chosen among others, and revoked."""

    key_id: str
    data: bytes

    def __repr__(self) -> str:
        return f"Key({self.key_id})"


class KeyUnusable(Exception):
    """A key can't be sealed or opened: it was sealed with another key of the venue or for another session, or there is
    no key of the venue."""


def read_key(text: str) -> Key:
    """The key that ``id:base64`` says. Raises ValueError, without the text in it."""
    found = _KEY.fullmatch(text) if len(text) <= _TEXT_MAX else None
    if found is None:
        raise ValueError("no key")
    try:
        return Key(found[1], base64.b64decode(found[2], validate=True))
    except binascii.Error:
        raise ValueError("no key") from None


def write_key(key: Key) -> str:
    """``id:base64``."""
    return f"{key.key_id}:{base64.b64encode(key.data).decode('ascii')}"


def key_id_of(text: str) -> str:
    """The name in ``id:base64``, whatever the rest."""
    return text.partition(":")[0]


def is_public_key(text: str) -> bool:
    """Whether it is an Ed25519 key's ``id:base64``."""
    try:
        return len(read_key(text).data) == ED25519_BYTES
    except ValueError:
        return False


def is_hmac_key(text: str) -> bool:
    """Whether it is a secret's ``id:base64``."""
    try:
        return HMAC_BYTES_MIN <= len(read_key(text).data) <= HMAC_BYTES_MAX
    except ValueError:
        return False


class KeySeal:
    """Seals and opens HMAC keys.

    ``venue_key`` gives the 32 bytes when they are needed, or raises KeyUnusable; ``entropy`` gives random bytes.
    ``owner`` is the session's identity: what was sealed for one does not open for another.
    """

    def __init__(self, venue_key: Callable[[], bytes], entropy: Callable[[int], bytes]) -> None:
        self._venue_key = venue_key
        self._entropy = entropy

    def seal(self, key: Key, owner: str) -> str:
        """``id:base64`` for the journal. Raises KeyUnusable."""
        nonce = self._entropy(_NONCE_BYTES)
        sealed = self._cipher().encrypt(nonce, key.data, _bound(key.key_id, owner))
        return write_key(Key(key.key_id, nonce + sealed))

    def open(self, text: str, owner: str) -> Key:
        """The key that was sealed. Raises KeyUnusable."""
        try:
            key_id, sealed = read_key(text)
            data = self._cipher().decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], _bound(key_id, owner))
        except (InvalidTag, ValueError):
            raise KeyUnusable(f"the key {key_id_of(text)!r} was sealed with another key of the venue") from None
        return Key(key_id, data)

    def _cipher(self) -> AESGCM:
        return AESGCM(self._venue_key())


def owner_of(protocol: str, comp_id: str, target_comp_id: str) -> str:
    """A session's identity as keys are bound to it."""
    return f"{protocol}\x01{comp_id}\x01{target_comp_id}"


def _bound(key_id: str, owner: str) -> bytes:
    return f"{owner}\x01{key_id}".encode()
