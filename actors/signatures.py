"""Logons that are signed: by which of a session's keys, and whether that very logon has been used before.

A signature is 64 bytes of Ed25519 (RFC 8032) or the 32 of HMAC-SHA-256, over a payload that names the session and the
time. It is taken once: whoever overhears it is too late, and what is too old to be remembered is refused for its age.
"""

from __future__ import annotations

import hashlib
import hmac
from collections import deque
from collections.abc import Callable
from typing import Final

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from config.keys import KEYS_MAX, KeySeal, KeyUnusable, key_id_of, owner_of, read_key
from engine.events import SessionOpened

ED25519_SIGNATURE_BYTES: Final = 64
HMAC_SIGNATURE_BYTES: Final = 32
SIGNATURE_BYTES: Final = frozenset({ED25519_SIGNATURE_BYTES, HMAC_SIGNATURE_BYTES})
REMEMBERED_MAX: Final = 100_000
"""Signed logons that are remembered; with more of them than this in one window, further ones are refused."""

_SECOND_NS: Final = 1_000_000_000
_NOBODY_PUBLIC: Final = "nobody:11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
"""Tried in place of keys that a session doesn't have, so that the answer takes as long."""
_NOBODY_SECRET: Final = bytes(32)


class SignedLogon(msgspec.Struct, frozen=True):
    """What a client has signed."""

    payload: bytes
    signature: bytes
    """Of 64 bytes (Ed25519) or 32 (HMAC-SHA-256)."""
    sent_ns: int
    """The time that the payload says, nanoseconds UTC."""


class Signatures:
    """Knows signed logons of ``window_ns`` around the venue's clock.

    :meth:`signer` is slow and may run in a thread; :meth:`use` remembers, and belongs to the loop.
    """

    def __init__(self, seal: KeySeal, clock_ns: Callable[[], int], window_ns: int) -> None:
        self._seal = seal
        self._clock_ns = clock_ns
        self._window_ns = window_ns
        # What was used before a restart is not remembered, so what was sent before it is not taken. SendingTimes may
        # be written in whole seconds.
        self._since_ns = clock_ns() // _SECOND_NS * _SECOND_NS
        self._used: set[bytes] = set()
        self._ages: deque[tuple[int, bytes]] = deque()

    def signer(self, session: SessionOpened | None, username: str, signed: SignedLogon) -> str:
        """The key of the session that made the signature, as its profile has it; empty if none did.

        ``username`` names the key, or all of them where it is empty or the session's own. As many keys are tried for a
        session that does not exist, or has fewer.
        """
        candidates = [] if session is None else _candidates(session, username, signed)
        found = ""
        for n in range(KEYS_MAX):
            text = candidates[n] if n < len(candidates) else ""
            if self._made(session, text, signed) and text:
                found = found or text
        return found

    def use(self, key: str, signed: SignedLogon) -> str:
        """Why a signature that ``key`` made is not taken; empty if it is, and from now on it is used up."""
        now_ns = self._clock_ns()
        self._forget(now_ns)
        if abs(now_ns - signed.sent_ns) > self._window_ns or signed.sent_ns < self._since_ns:
            return "the signature is too old, or of the future, or of before the venue's start: sign the time anew"
        digest = hashlib.blake2b(key.encode() + b"\x01" + signed.payload, digest_size=16).digest()
        if digest in self._used:
            return "the signature has been used before: sign the time anew"
        if len(self._used) >= REMEMBERED_MAX:
            return "too many signed logons at once"
        self._used.add(digest)
        self._ages.append((now_ns, digest))
        return ""

    def _forget(self, now_ns: int) -> None:
        """Those that are refused for their age by now: used up to one window early, they stay for two."""
        ages = self._ages
        while ages and now_ns - ages[0][0] > 2 * self._window_ns:
            self._used.discard(ages.popleft()[1])

    def _made(self, session: SessionOpened | None, text: str, signed: SignedLogon) -> bool:
        if len(signed.signature) == ED25519_SIGNATURE_BYTES:
            return _verified(read_key(text or _NOBODY_PUBLIC).data, signed)
        secret = _NOBODY_SECRET
        if text and session is not None:
            owner = owner_of(session.protocol, session.comp_id, session.target_comp_id)
            try:
                secret = self._seal.open(text, owner).data
            except KeyUnusable:
                text = ""
        made = hmac.digest(secret, signed.payload, "sha256")
        return hmac.compare_digest(made, signed.signature) and bool(text)


def _candidates(session: SessionOpened, username: str, signed: SignedLogon) -> list[str]:
    profile = session.profile
    ed25519 = len(signed.signature) == ED25519_SIGNATURE_BYTES
    keys = profile.public_keys if ed25519 else profile.hmac_keys
    named = [text for text in keys if key_id_of(text) == username]
    return named or (list(keys) if username in ("", session.username) else [])


def _verified(public_key: bytes, signed: SignedLogon) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signed.signature, signed.payload)
    except (InvalidSignature, ValueError):
        return False
    return True
