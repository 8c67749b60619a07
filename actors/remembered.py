"""Passwords that have been right since the venue started: coming back costs microseconds, not a slow hash.

After a crash or a network's failure a thousand clients log on at once, and a check that is slow by intent would keep
most of them waiting beyond their patience. What is kept is a keyed digest; its key never leaves the process.
"""

from __future__ import annotations

import hmac
from hashlib import sha256

from engine.events import SessionOpened


class RememberedPasswords:
    """One digest a session, of its password and the credential that it was checked against. ``key``: random."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._digests: dict[int, bytes] = {}

    def knows(self, session: SessionOpened, password: str) -> bool:
        """Whether this password has been right for the session as it is now."""
        known = self._digests.get(session.session_id)
        return known is not None and hmac.compare_digest(known, self._digest(session, password))

    def keep(self, session: SessionOpened, password: str) -> None:
        """The password has been checked, and was right."""
        self._digests[session.session_id] = self._digest(session, password)

    def _digest(self, session: SessionOpened, password: str) -> bytes:
        told = f"{len(session.credential)}:{session.credential}{password}"
        return hmac.digest(self._key, told.encode(), sha256)
