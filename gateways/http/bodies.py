"""What operators' requests carry, read and refused in one way: who asks, the JSON, its decimals, names and texts."""

from __future__ import annotations

import re
from enum import IntEnum
from http import HTTPStatus
from typing import Any, TypeVar

import msgspec

from engine.decimals import parse_decimal
from engine.directory import CONFIGURATION
from engine.types import INT64_MAX
from gateways.http.messages import HttpError, NotFound, Problem, Request
from gateways.http.views import Entry

T = TypeVar("T")
E = TypeVar("E", bound=IntEnum)

OPERATOR_HEADER = "x-operator"
OPERATOR_DEFAULT = "admin"
_OPERATOR = re.compile(r"[!-~]{1,32}")
_REASON = re.compile(r"[^\x00-\x1f\x7f]{0,128}")
_KEY = re.compile(r"field `([^`]+)`|at `\$\.?([^`]*)`")
"""Where msgspec says what a message is about."""
_entries = msgspec.json.Decoder(dict[str, Any], float_hook=str)
"""Numbers keep their digits: none becomes a float."""


def invalid(key: str, text: str) -> HttpError:
    """400 that names the key."""
    return HttpError(HTTPStatus.BAD_REQUEST, f"{key}: {text}", (Problem(key, text),))


def operator_of(request: Request) -> str:
    """Who the journal will say has done it. Raises HttpError."""
    name = request.headers.get(OPERATOR_HEADER, OPERATOR_DEFAULT)
    if not _OPERATOR.fullmatch(name):
        raise invalid("X-Operator", "expected 1 to 32 ASCII characters without spaces")
    if name == CONFIGURATION:
        raise invalid("X-Operator", f"{name} stands for the configuration file; expected another name")
    return name


def decoded(request: Request, kind: type[T]) -> T:
    """The body. Raises HttpError that names the key."""
    return _read(request, msgspec.json.Decoder(kind))


def decoded_entry(request: Request) -> Entry:
    """A body of the form of an entry of the configuration, whose keys the venue checks. Raises HttpError."""
    return _read(request, _entries)


def _read(request: Request, decoder: msgspec.json.Decoder[T]) -> T:
    try:
        return decoder.decode(request.body)
    except msgspec.ValidationError as error:
        found = _KEY.search(str(error))
        key = next(filter(None, found.groups()), "") if found else ""
        raise invalid(key or "body", str(error)) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise invalid("body", f"is not JSON: {error}") from None


def positive(key: str, text: str, most: int | None = None) -> int:
    """A decimal above 0, at scale 10^-8, at most ``most``. Raises HttpError."""
    try:
        value = parse_decimal(text)
    except ValueError:
        value = 0
    if value <= 0 or (most is not None and value > most):
        raise invalid(key, f"{text[:40]!r} is not allowed; expected a decimal above 0, at most 8 decimals")
    return value


def price_or_qty(key: str, text: str) -> int:
    """As :func:`positive`, within 64 bits. Raises HttpError."""
    return positive(key, text, INT64_MAX)


def member(key: str, enum: type[E], name: str) -> E:
    """The member of that name. Raises HttpError."""
    if name not in enum.__members__:
        raise invalid(key, f"{name[:40]!r} is not allowed; expected one of {', '.join(enum.__members__)}")
    return enum[name]


def reason(text: str) -> str:
    """Why something is done, for the journal and those concerned. Raises HttpError."""
    if not _REASON.fullmatch(text):
        raise invalid("reason", "expected at most 128 printable characters")
    return text


def number(what: str, text: str) -> int:
    """A path's id. Raises NotFound."""
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise NotFound(f"there is no {what} {text[:40]!r}: it is a whole number")
    return int(text)
