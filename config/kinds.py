"""Kinds of scalar settings: how each is read from text, which values it allows, and how it is written again.

A kind is attached to a field's type by ``Annotated``: ``port: Annotated[int, Integer(0, 65535)] = 9878``. Every value
starts as text, whether it comes from YAML, the environment or the command line, so that nothing passes through a float.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable
from datetime import date
from enum import IntEnum, IntFlag
from pathlib import Path
from typing import ClassVar, Final, Protocol
from zoneinfo import ZoneInfo

from config.credentials import is_credential
from config.keys import HMAC_BYTES_MAX, HMAC_BYTES_MIN, VENUE_KEY_BYTES, is_hmac_key, is_public_key
from engine.decimals import format_decimal, parse_decimal

_PLAIN = re.compile(r"[A-Za-z/][A-Za-z0-9./_-]*")
_YAML_WORDS = frozenset({"true", "false", "yes", "no", "on", "off", "y", "n", "null"})
MASK: Final = "***"
"""Stands for a secret wherever settings are shown."""

_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def quote(text: str) -> str:
    """A YAML scalar that every YAML reader takes for this text and for nothing else."""
    if _PLAIN.fullmatch(text) and text.lower() not in _YAML_WORDS:
        return text
    escaped = (_ESCAPES.get(c) or (c if c.isprintable() else f"\\U{ord(c):08x}") for c in text)
    return f'"{"".join(escaped)}"'


class Kind(Protocol):
    """What one scalar setting may be."""

    secret: bool
    """Values are never shown."""

    @property
    def allowed(self) -> str:
        """What is allowed, to be read after "expected"."""

    def parse(self, text: str) -> object:
        """The value. Raises ValueError if the text is not allowed."""

    def format(self, value: object) -> str:
        """The value as a YAML scalar that :meth:`parse` reads back."""


class _Plain:
    """A kind whose values are not secret and are written as their ``str``."""

    secret = False

    def format(self, value: object) -> str:
        return str(value)


class _Quoted:
    """A kind whose values are text."""

    secret = False

    def format(self, value: object) -> str:
        return quote(str(value))


class Text(_Quoted):
    """Text that matches ``pattern`` as a whole; ``allowed`` says the pattern in words."""

    def __init__(self, pattern: str, allowed: str, *, secret: bool = False) -> None:
        self._pattern = re.compile(pattern)
        self.allowed = allowed
        self.secret = secret

    def parse(self, text: str) -> str:
        if not self._pattern.fullmatch(text):
            raise ValueError(text)
        return text


class Credential(_Quoted):
    """A password's salted hash as :func:`config.credentials.hash_password` makes it, or nothing."""

    secret = True
    allowed = "a hash scrypt$n$r$p$salt$hash within the limits of config/credentials.py"

    def parse(self, text: str) -> str:
        if text and not is_credential(text):
            raise ValueError(text)
        return text


class PublicKey(_Quoted):
    """A client's Ed25519 key."""

    allowed = "an Ed25519 key id:base64, the key being its 32 bytes"

    def parse(self, text: str) -> str:
        if not is_public_key(text):
            raise ValueError(text)
        return text


class HmacKey(_Quoted):
    """A secret that a client shares with the venue."""

    secret = True
    allowed = f"a secret id:base64, the secret being {HMAC_BYTES_MIN} to {HMAC_BYTES_MAX} bytes"

    def parse(self, text: str) -> str:
        if not is_hmac_key(text):
            raise ValueError(text)
        return text


class VenueKey(_Quoted):
    """What seals the venue's secrets, or nothing."""

    secret = True
    allowed = f"{VENUE_KEY_BYTES} bytes in base64"

    def parse(self, text: str) -> str:
        if text and len(base64.b64decode(text, validate=True)) != VENUE_KEY_BYTES:
            raise ValueError(text)
        return text


class FilePath(_Quoted):
    """A path; a relative one is read from the working directory."""

    allowed = "a path"

    def parse(self, text: str) -> Path:
        if not text or "\0" in text:
            raise ValueError(text)
        return Path(text)


class Integer(_Plain):
    """A whole number, both bounds included. Underscores may group the digits."""

    def __init__(self, minimum: int, maximum: int, note: str = "", *, multiple_of: int = 1) -> None:
        self._minimum, self._maximum, self._step = minimum, maximum, multiple_of
        what = "a whole number" if multiple_of == 1 else f"a multiple of {multiple_of}"
        self.allowed = f"{what} from {minimum} to {maximum}" + (f" ({note})" if note else "")

    def parse(self, text: str) -> int:
        value = _whole_number(text)
        if not self._minimum <= value <= self._maximum or value % self._step:
            raise ValueError(text)
        return value


class OneOf(_Plain):
    """One of a few whole numbers."""

    def __init__(self, *numbers: int) -> None:
        self._numbers = numbers
        self.allowed = "one of " + ", ".join(map(str, numbers))

    def parse(self, text: str) -> int:
        value = _whole_number(text)
        if value not in self._numbers:
            raise ValueError(text)
        return value


def _whole_number(text: str) -> int:
    if not re.fullmatch(r"-?[0-9][0-9_]{0,29}", text):
        raise ValueError(text)
    return int(text.replace("_", ""))


class Number(_Plain):
    """A number that is no money, such as a duration; decimals allowed, both bounds included."""

    def __init__(self, minimum: float, maximum: float, note: str = "") -> None:
        self._minimum, self._maximum = minimum, maximum
        self.allowed = f"a number from {minimum:g} to {maximum:g}" + (f" ({note})" if note else "")

    def parse(self, text: str) -> float:
        if not re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,9})?", text):
            raise ValueError(text)
        value = float(text)
        if not self._minimum <= value <= self._maximum:
            raise ValueError(text)
        return value

    def format(self, value: object) -> str:
        return f"{value:.9f}".rstrip("0").rstrip(".")


class Fixed(_Plain):
    """A decimal number with at most eight decimals, held as an ``int`` at scale 10^-8, as its bounds are (included)."""

    def __init__(self, minimum: int, maximum: int | None, allowed: str) -> None:
        self._minimum, self._maximum = minimum, maximum
        self.allowed = f"{allowed}, with at most 8 decimals"

    def parse(self, text: str) -> int:
        value = parse_decimal(text.replace("_", ""))
        if value < self._minimum or (self._maximum is not None and value > self._maximum):
            raise ValueError(text)
        return value

    def format(self, value: object) -> str:
        assert isinstance(value, int)
        return format_decimal(value)


class Switch:
    """On or off."""

    secret = False
    allowed = "true or false"
    _VALUES: ClassVar = {
        "true": True, "yes": True, "on": True, "1": True,
        "false": False, "no": False, "off": False, "0": False,
    }  # fmt: skip

    def parse(self, text: str) -> bool:
        try:
            return self._VALUES[text.lower()]
        except KeyError:
            raise ValueError(text) from None

    def format(self, value: object) -> str:
        return "true" if value else "false"


class Choice(_Plain):
    """One of a few words."""

    def __init__(self, choices: Iterable[str]) -> None:
        self._choices = tuple(choices)
        self.allowed = "one of " + ", ".join(self._choices)

    def parse(self, text: str) -> str:
        if text not in self._choices:
            raise ValueError(text)
        return text


class Member:
    """A member of an enumeration, or of some of its ``members``, by name."""

    secret = False

    def __init__(self, enum: type[IntEnum], members: Iterable[IntEnum] = ()) -> None:
        self._members = {member.name: member for member in members or enum}
        self.allowed = "one of " + ", ".join(self._members)

    def parse(self, text: str) -> IntEnum:
        try:
            return self._members[text]
        except KeyError:
            raise ValueError(text) from None

    def format(self, value: object) -> str:
        assert isinstance(value, IntEnum)
        return value.name


class Word(_Quoted):
    """A member of an enumeration, by its name in lower case."""

    def __init__(self, enum: type[IntEnum] | type[IntFlag]) -> None:
        self._members = {str(member.name).lower(): member for member in enum}
        self.allowed = "one of " + ", ".join(self._members)

    def parse(self, text: str) -> int:
        try:
            return self._members[text]
        except KeyError:
            raise ValueError(text) from None

    def format(self, value: object) -> str:
        assert isinstance(value, IntEnum | IntFlag)
        return quote(str(value.name).lower())


class TimeOfDay(_Quoted):
    """A local time of day, ``HH:MM``, and ``HH:MM:SS`` where ``seconds`` matter."""

    def __init__(self, *, seconds: bool = False) -> None:
        self._pattern = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]" + (r"(:[0-5][0-9])?" if seconds else ""))
        self.allowed = "a time of day HH:MM from 00:00 to 23:59" + (", or HH:MM:SS" if seconds else "")

    def parse(self, text: str) -> str:
        if not self._pattern.fullmatch(text):
            raise ValueError(text)
        return text


class IsoDate(_Quoted):
    """A date, ``YYYY-MM-DD``."""

    allowed = "a date YYYY-MM-DD"

    def parse(self, text: str) -> str:
        if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
            raise ValueError(text)
        return date.fromisoformat(text).isoformat()


class Weekdays(_Quoted):
    """Days of the week as ISO numbers (1 = Monday): ``mon-fri``, ``mon, wed, sat-sun``. Nothing is every day."""

    allowed = "days such as mon-fri or mon, wed, sat; nothing = every day"
    _NAMES: ClassVar = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

    def parse(self, text: str) -> list[int]:
        days: set[int] = set()
        for part in filter(None, re.split(r"[ ,]+", text)):
            first, _, last = part.partition("-")
            start, end = self._NAMES.index(first), self._NAMES.index(last or first)
            days.update((start + ahead) % 7 + 1 for ahead in range((end - start) % 7 + 1))
        return sorted(days)

    def format(self, value: object) -> str:
        assert isinstance(value, list)
        runs: list[list[int]] = []
        for day in value:
            if runs and day == runs[-1][-1] + 1:
                runs[-1].append(day)
            else:
                runs.append([day])
        return quote(
            ", ".join("-".join(self._NAMES[day - 1] for day in dict.fromkeys((run[0], run[-1]))) for run in runs)
        )


class TimeZone(_Quoted):
    """An IANA time zone, by name."""

    allowed = "the name of an IANA time zone, e.g. UTC or America/New_York"

    def parse(self, text: str) -> str:
        try:
            ZoneInfo(text)
        except (KeyError, OSError, ValueError) as error:  # unknown, a directory, a path out of the database
            raise ValueError(text) from error
        return text
