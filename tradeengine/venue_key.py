"""The venue's own key, which seals what the journal must not tell: configured, or made when it is needed first and kept
where only the venue's owner can read it."""

from __future__ import annotations

import base64
import os
from collections.abc import Callable
from pathlib import Path

from config.keys import VENUE_KEY_BYTES, KeySeal, KeyUnusable
from config.settings import Settings
from tradeengine.private_files import create_private


class VenueKeyUnusable(KeyUnusable):
    """The key's file can't be read or written, or holds no key."""


def venue_seal(settings: Settings, entropy: Callable[[int], bytes] = os.urandom) -> KeySeal:
    """Seals with the key in force; where none is configured or kept, one is made at the first use (mode 0600).

    What it is used for then raises VenueKeyUnusable.
    """
    known: list[bytes] = []

    def key() -> bytes:
        if not known:
            known.append(_venue_key(settings, entropy))
        return known[0]

    return KeySeal(key, entropy)


def venue_key_path(settings: Settings) -> Path:
    """Where the key is kept that is not configured."""
    return settings.data_dir / settings.secrets.key_file


def _venue_key(settings: Settings, entropy: Callable[[int], bytes]) -> bytes:
    if settings.secrets.key:
        return base64.b64decode(settings.secrets.key)
    path = venue_key_path(settings)
    try:
        if not path.exists():
            create_private(path, base64.b64encode(entropy(VENUE_KEY_BYTES)).decode("ascii"))
        key = base64.b64decode(path.read_text("ascii").strip(), validate=True)
    except OSError as error:
        raise VenueKeyUnusable(f"{path}: {error.strerror}") from None
    except ValueError:
        key = b""
    if len(key) != VENUE_KEY_BYTES:
        raise VenueKeyUnusable(f"{path} holds no key; expected {VENUE_KEY_BYTES} bytes in base64")
    return key
