"""An order's life: one table of which status follows which step (FIX 4.4 vol. 4, order state changes).

Every status that the venue gives an order comes out of :data:`NEXT`; a step the table lacks is a bug and raises.
"""

from __future__ import annotations

from enum import IntEnum

from engine.types import OrdStatus


class Step(IntEnum):
    """What can befall an order that the book has accepted."""

    FILL_PART = 0
    FILL_REST = 1
    CANCEL = 2
    EXPIRE = 3
    REPLACE = 4


class InvalidTransition(Exception):
    """An order was made to take a step that its status does not allow."""


NEXT: dict[OrdStatus, dict[Step, OrdStatus]] = {
    OrdStatus.NEW: {
        Step.FILL_PART: OrdStatus.PARTIALLY_FILLED,
        Step.FILL_REST: OrdStatus.FILLED,
        Step.CANCEL: OrdStatus.CANCELED,
        Step.EXPIRE: OrdStatus.EXPIRED,
        Step.REPLACE: OrdStatus.NEW,
    },
    OrdStatus.PARTIALLY_FILLED: {
        Step.FILL_PART: OrdStatus.PARTIALLY_FILLED,
        Step.FILL_REST: OrdStatus.FILLED,
        Step.CANCEL: OrdStatus.CANCELED,
        Step.EXPIRE: OrdStatus.EXPIRED,
        Step.REPLACE: OrdStatus.PARTIALLY_FILLED,
    },
    OrdStatus.FILLED: {},
    OrdStatus.CANCELED: {},
    OrdStatus.REJECTED: {},
    OrdStatus.EXPIRED: {},
}


def next_status(status: OrdStatus, step: Step) -> OrdStatus:
    """The status after ``step``.

    Raises:
        InvalidTransition: the order's life has no such step.
    """
    try:
        return NEXT[status][step]
    except KeyError:
        raise InvalidTransition(f"{status.name} has no {step.name}") from None
