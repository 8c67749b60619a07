"""UTCTimestamp text to integer nanoseconds and back (FIX 4.4 vol. 1, data types). Pure: no clock is read.

Messages cluster on the second, so both directions remember the seconds they have just converted.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import lru_cache

SECOND_NS = 1_000_000_000
_SECOND = re.compile(r"(\d{4})(\d\d)(\d\d)-(\d\d):(\d\d):(\d\d)", re.ASCII)
_FRACTION = re.compile(r"\.\d{1,12}", re.ASCII)
_NS_PER_UNIT = {0: SECOND_NS, 3: 1_000_000, 6: 1_000, 9: 1}


@lru_cache(maxsize=1024)
def _second(text: str) -> int:
    """``YYYYMMDD-HH:MM:SS`` as Unix seconds. A leap second (60) counts as the second that follows."""
    found = _SECOND.fullmatch(text)
    if found is None:
        raise ValueError(f"not a UTCTimestamp: {text!r}")
    year, month, day, hour, minute, second = map(int, found.groups())
    if second > 60:
        raise ValueError(f"not a UTCTimestamp: {text!r}")
    return int(datetime(year, month, day, hour, minute, 0, tzinfo=UTC).timestamp()) + second


def parse_utc(text: str) -> int:
    """``20240229-23:59:59.123`` → nanoseconds since 1970, UTC; digits beyond the ninth are dropped.

    Raises:
        ValueError: not a UTCTimestamp.
    """
    whole = _second(text[:17]) * SECOND_NS
    fraction = text[17:]
    if not fraction:
        return whole
    if not _FRACTION.fullmatch(fraction):
        raise ValueError(f"not a UTCTimestamp: {text[:40]!r}")
    return whole + int(fraction[1:10].ljust(9, "0"))


def check_utc(text: str) -> int:
    """As :func:`parse_utc`, but only whole seconds: all that an accuracy check needs, at a fraction of the cost."""
    if len(text) == 17:
        return _second(text)
    if not 18 < len(text) <= 30 or text[17] != "." or not (text[18:].isdigit() and text.isascii()):
        raise ValueError(f"not a UTCTimestamp: {text[:40]!r}")
    return _second(text[:17])


@lru_cache(maxsize=256)
def _second_text(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y%m%d-%H:%M:%S")


@lru_cache(maxsize=4096)
def format_utc(time_ns: int, digits: int = 3) -> str:
    """Nanoseconds since 1970 as a UTCTimestamp with ``digits`` (0, 3, 6 or 9) fraction digits, cut off, not rounded."""
    seconds, rest = divmod(time_ns, SECOND_NS)
    if not digits:
        return _second_text(seconds)
    return f"{_second_text(seconds)}.{rest // _NS_PER_UNIT[digits]:0{digits}d}"
