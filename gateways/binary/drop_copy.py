"""Drop copies as SBE messages: a report of another session, whole, behind the names of whom it is about. Pure.

The report is what that session is sent itself, ExecID and all. A FIX session's ClOrdIDs may be no numbers: they stand
in full in front of the report, and are 0 in it where they are none.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from msgspec.structs import replace

from engine.directory import Directory
from engine.events import OrderCanceled, OrderReplaced, SessionOpened
from engine.image import OrderImage
from engine.reports import Copied, Report
from gateways.binary import codec, soup
from gateways.binary.codec import UINT64_MAX, text
from gateways.binary.fields import number_of

Encoders: TypeAlias = Mapping[type, Callable[[Report], bytes]]
_OWN_PROTOCOL = "SOUPBIN"
_IDENTIFIER = 64
_FIRM = 16
_PROTOCOL = 8
_INT64_MIN, _INT64_MAX = -(2**63), 2**63 - 1


class CopiedReports:
    """Writes copies; ``originals`` are the encoders of what is copied."""

    __slots__ = ("_directory", "_originals", "_sources")

    def __init__(self, directory: Directory, originals: Encoders) -> None:
        self._directory = directory
        self._originals = originals
        self._sources: dict[int, tuple[SessionOpened | None, tuple[bytes, bytes, bytes]]] = {}
        """By session: as it was when this was written, and its protocol, firm and CompID."""

    def report(self, report: Report) -> bytes:
        """A Sequenced Data packet."""
        copied = report.event
        assert type(copied) is Copied
        original, session_id = copied.report, copied.session_id
        session = self._directory.session_ever(session_id)
        source = self._sources.get(session_id)
        if source is None or source[0] is not session:
            source = self._sources[session_id] = (session, _names(session))
        cl_ord_id, orig_cl_ord_id = _identifiers(original)
        if session is None or session.protocol != _OWN_PROTOCOL:
            original = _numbered(original)
        encoded = self._originals[original.event.__class__](original)[soup.HEADER_SIZE :]
        head: bytes = codec.DROP_COPY.pack(
            original.number,
            session_id,
            len(encoded),
            *source[1],
            text(cl_ord_id, _IDENTIFIER),
            text(orig_cl_ord_id, _IDENTIFIER),
        )
        return soup.packet(codec.DROP_COPY.kind, head[soup.HEADER_SIZE :] + encoded)


def _names(session: SessionOpened | None) -> tuple[bytes, bytes, bytes]:
    if session is None:
        return b"", b"", b""
    return text(session.protocol, _PROTOCOL), text(session.firm, _FIRM), text(session.comp_id, _IDENTIFIER)


def _identifiers(report: Report) -> tuple[str, str]:
    """ClOrdID and OrigClOrdID, as the session gave them."""
    event = report.event
    assert report.order is not None, "only what is about an order is copied"
    own = report.order.cl_ord_id
    if isinstance(event, OrderReplaced):
        return own, event.orig_cl_ord_id
    if isinstance(event, OrderCanceled):
        return event.cl_ord_id or own, own
    return own, ""


def _numbered(report: Report) -> Report:
    """The same with numbers for ClOrdIDs, and all numbers within the schema's."""
    changes: dict[str, Any] = {}
    event: Any = report.event
    if hasattr(event, "order"):
        changes["order"] = _numbered_order(event.order)
    if isinstance(event, OrderReplaced):
        changes["orig_cl_ord_id"] = _number(event.orig_cl_ord_id)
    elif isinstance(event, OrderCanceled) and event.cl_ord_id:
        changes["cl_ord_id"] = _number(event.cl_ord_id)
    assert report.order is not None
    event = replace(event, **changes) if changes else event
    return replace(report, event=event, order=_numbered_order(report.order))


def _numbered_order(order: OrderImage) -> OrderImage:
    """Price and quantity may be anything in an order that was refused."""
    terms = order.terms
    qty, px = min(max(terms.order_qty, 0), UINT64_MAX), min(max(terms.px, _INT64_MIN), _INT64_MAX)
    return replace(order, terms=replace(terms, cl_ord_id=_number(terms.cl_ord_id), order_qty=qty, px=px))


def _number(name: str) -> str:
    return str(number_of(name))
