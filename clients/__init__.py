"""The Python client of the binary protocol: ``Client`` for trio, ``clients.sync.SyncClient`` for scripts."""

from clients.client import Client
from clients.events import (
    Accepted,
    Book,
    Canceled,
    CancelRejected,
    Event,
    ExecId,
    Executed,
    Expired,
    Instrument,
    Level,
    MassCancelReport,
    MessageRejected,
    OrderState,
    Rejected,
    Replaced,
    UnknownReport,
)
from clients.exceptions import ClientError, ConnectionLost, LoginRefused, ProtocolError, RequestRefused
from clients.orders import OrderTracker, TrackedOrder
from clients.sync import SyncClient
from engine.types import CancelReason, CxlRejReason, OrdRejReason, OrdStatus, OrdType, Side, TimeInForce

__all__ = [
    "Accepted",
    "Book",
    "CancelReason",
    "CancelRejected",
    "Canceled",
    "Client",
    "ClientError",
    "ConnectionLost",
    "CxlRejReason",
    "Event",
    "ExecId",
    "Executed",
    "Expired",
    "Instrument",
    "Level",
    "LoginRefused",
    "MassCancelReport",
    "MessageRejected",
    "OrdRejReason",
    "OrdStatus",
    "OrdType",
    "OrderState",
    "OrderTracker",
    "ProtocolError",
    "Rejected",
    "Replaced",
    "RequestRefused",
    "Side",
    "SyncClient",
    "TimeInForce",
    "TrackedOrder",
    "UnknownReport",
]
