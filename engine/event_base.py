"""What every event is."""

from __future__ import annotations

import msgspec


class EventBase(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Tagged by number, written positionally: fields are only ever added at the end, with a default."""
