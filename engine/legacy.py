"""Records as earlier versions wrote them, brought to the present form before they are read.

A record has said its version since 2. Version 1 wrote an order as one flat array of its terms and its progress, and
knew plain orders only.
"""

from __future__ import annotations

from typing import Any, Final

_FIELDS_OF_VERSION_1: Final = 6
_IMAGE_OF_VERSION_1: Final = 18
_ORDERS_IN: Final = frozenset(range(1, 8))
"""Tags of version 1's events about orders: acceptance, trade, cancel, expiry, replace, and both rejections."""


def upgraded(plain: Any) -> Any:
    """A decoded record as plain lists, in the present form where it is of an earlier one; else as it is."""
    if not isinstance(plain, list) or len(plain) != _FIELDS_OF_VERSION_1 or not isinstance(plain[5], list):
        return plain
    return [*plain[:5], [_event(event) for event in plain[5]]]


def _event(event: Any) -> Any:
    if not isinstance(event, list) or not event or event[0] not in _ORDERS_IN:
        return event
    return [_image(field) if isinstance(field, list) else field for field in event]


def _image(flat: list[Any]) -> list[Any]:
    if len(flat) != _IMAGE_OF_VERSION_1:
        return flat
    identity, progress, fees = flat[:10], flat[10:16], flat[16:]
    return [[*identity, *fees], *progress]
