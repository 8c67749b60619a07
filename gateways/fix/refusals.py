"""Messages that can't be taken as commands or queries: what is wrong with them, and the reply that says so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.types import OrdRejReason
from gateways.fix.codec import printable

if TYPE_CHECKING:
    from gateways.fix.dialect import Dialect


MISSING = "Required tag missing"
RANGE = "Value is incorrect (out of range) for this tag"

_TAG_DIGITS_MAX = 9
"""RefTagID (371) is an int: a longer tag would not be one to most engines."""


class Refusal(Exception):
    """An application message that is answered by a reject of the protocol, not by the venue's rules."""


class FieldRefusal(Refusal):
    """Session Reject (35=3): a field is missing, malformed or out of range."""

    def __init__(self, reason: int, tag: str, text: str) -> None:
        super().__init__(text)
        self.reason = reason
        """SessionRejectReason (373)."""
        self.tag = tag
        """RefTagID (371); may be empty."""
        self.text = text


class BusinessRefusal(Refusal):
    """BusinessMessageReject (35=j): well-formed, but nothing that can be served."""

    def __init__(self, reason: int, ref_id: str, text: str) -> None:
        super().__init__(text)
        self.reason = reason
        """BusinessRejectReason (380)."""
        self.ref_id = ref_id
        """BusinessRejectRefID (379); may be empty."""
        self.text = text


class MarketDataRefusal(Refusal):
    """MarketDataRequestReject (35=Y)."""

    def __init__(self, reason: str, md_req_id: str, text: str) -> None:
        super().__init__(text)
        self.reason = reason
        """MDReqRejReason (281); empty where the standard has none."""
        self.md_req_id = md_req_id
        self.text = text


class ListRefusal(Refusal):
    """ListStatus (35=N): a list is refused as such, before any of its orders has become one."""

    def __init__(self, reason: OrdRejReason, list_id: str, text: str, cl_ord_ids: list[str]) -> None:
        super().__init__(text)
        self.reason = reason
        """ListRejectReason (1386), whose values are those of OrdRejReason (103)."""
        self.list_id = list_id
        self.text = text
        self.cl_ord_ids = cl_ord_ids


class NotSupported(Exception):
    """An order that can be read and that the venue has no words for: it is rejected by the venue's rules, journaled
    and numbered (35=8 with 39=8, or 35=9)."""

    def __init__(self, text: str, reason: OrdRejReason = OrdRejReason.UNSUPPORTED_ORDER_CHARACTERISTIC) -> None:
        super().__init__(text)
        self.text = text
        self.reason = reason


def reject_body(dialect: Dialect, ref_seq_num: int, msg_type: str, refusal: FieldRefusal) -> str:
    """Body of a session Reject."""
    tag = f"371={refusal.tag}\x01" if 0 < len(refusal.tag) <= _TAG_DIGITS_MAX else ""
    ref_type = f"372={msg_type}\x01" if msg_type else ""
    reason = f"373={refusal.reason}\x01" if refusal.reason in dialect.session_reject_reasons else ""
    return f"45={ref_seq_num}\x01{tag}{ref_type}{reason}58={printable(refusal.text)}\x01"


def business_reject_body(ref_seq_num: int, msg_type: str, refusal: BusinessRefusal) -> str:
    """Body of a BusinessMessageReject."""
    ref_id = f"379={printable(refusal.ref_id)}\x01" if refusal.ref_id else ""
    return f"45={ref_seq_num}\x01372={msg_type}\x01{ref_id}380={refusal.reason}\x0158={printable(refusal.text)}\x01"


def market_data_reject_body(refusal: MarketDataRefusal) -> str:
    """Body of a MarketDataRequestReject."""
    reason = f"281={refusal.reason}\x01" if refusal.reason else ""
    return f"262={printable(refusal.md_req_id)}\x01{reason}58={printable(refusal.text)}\x01"
